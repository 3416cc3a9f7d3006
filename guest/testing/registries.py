"""Registries of a test, each on its own port: standard input is a list of servers in JSON, each with these fields.

port, certificate and key (files), and behaviour:
  serves       TLS and the API; `images` are the REPOSITORY:TAG that it has
  login        the same, with Basic authentication (`user`: NAME:PASSWORD)
  token        the same, with a token service that requires that login, or none if `user` is missing
  status       answers every request with `status`
  busy         answers the first request with 429, and serves afterwards
  refuses      accepts the TCP connection and answers the ClientHello with alert 40, handshake_failure
  closes       accepts the TCP connection and closes it at the ClientHello
  plain        HTTP without TLS
  silent       completes TLS and answers nothing
  redirects    redirects to `target`
Prints "ready" when all of them listen, and then the Authorization headers that it receives, one per line.
"""
import base64, http.server, json, socket, ssl, sys, threading, time


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def handler(server):
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self):
            behaviour, login = server["behaviour"], self.headers.get("Authorization", "")
            if login:
                print(login, flush=True)
            requests.append(self.path)
            wanted = "Basic " + base64.b64encode(server.get("user", "").encode()).decode()
            if behaviour == "silent":
                time.sleep(60)
            elif behaviour == "status" or (behaviour == "busy" and len(requests) == 1):
                self.reply(server.get("status", 429))
            elif behaviour == "redirects":
                self.reply(307, Location=server["target"] + self.path)
            elif self.path.startswith("/token"):
                if "user" in server and login != wanted:
                    self.reply(401)
                else:
                    self.reply(200, b'{"token": "planted-token"}')
            elif behaviour == "login" and login != wanted:
                self.reply(401, WWW_Authenticate='Basic realm="test"')
            elif behaviour == "token" and login != "Bearer planted-token":
                realm = f'https://{self.headers["Host"]}/token'
                self.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="test"')
            elif "/manifests/" in self.path:
                repository, _, tag = self.path.removeprefix(server.get("prefix", "/v2/")).partition("/manifests/")
                self.reply(200 if f"{repository}:{tag}" in server.get("images", []) else 404)
            else:
                self.reply(200, b"{}")

        do_HEAD = do_GET

    return Handler


def refuse(listener, alert):
    while True:
        connection, _ = listener.accept()
        connection.recv(4096)
        if alert:
            connection.sendall(bytes([21, 3, 3, 0, 2, 2, 40]))
        connection.close()


for server in json.load(sys.stdin):
    behaviour, where = server["behaviour"], ("0.0.0.0", server["port"])
    if behaviour in ("refuses", "closes"):
        threading.Thread(target=refuse, args=(socket.create_server(where), behaviour == "refuses"), daemon=True).start()
        continue
    serving = Server(where, handler(server))
    if behaviour != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server["certificate"], server["key"])
        serving.socket = context.wrap_socket(serving.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
