#!/usr/bin/env python3
"""K3s @VERSION@ as far as the tests of the guest scripts need it, assembled from real parts.

Real: systemd's readiness protocol, etcd with its ports, certificates, voters and snapshots, the Kubernetes API server and
kubectl, the merging of config.yaml.d, the names of every argument, the sockets and the health endpoint at the kubelet's
addresses.
Imitated, from recorded output and its source: an unknown argument of a program, the name that the kubelet binds its socket
to, node passwords, tombstones, the restore of a compressed snapshot (k3s-io/k3s#14526).
Missing, and so not proven by any test on it: the kubelet, containerd, images (a pull only checks that the registry
accepts connections), the certificates of a join, kube-vip. kubernetes.ts and realK3s.ts say how to run the real one.
"""
import os, sys

KUBECTL = "/opt/kubernetes/kubectl"
# Nearly every call, and before the other imports, which take longer than kubectl itself.
if os.path.basename(sys.argv[0]) == "kubectl" or sys.argv[1:2] == ["kubectl"]:
    os.environ.setdefault("KUBECONFIG", "/etc/rancher/k3s/k3s.yaml")
    os.execv(KUBECTL, ["kubectl", *sys.argv[2 if sys.argv[1:2] == ["kubectl"] else 1 :]])

import functools, http.server, json, signal, socket, ssl, subprocess, threading, time, urllib.parse, urllib.request
from pathlib import Path

VERSION = "@VERSION@"
# The argument names of every program in the real K3s: recorded/flags.json.
FLAGS = json.loads("""@FLAGS@""")
DATA = Path("/var/lib/rancher/k3s")
TLS = DATA / "server/tls"
CONFIG = Path("/etc/rancher/k3s")
APISERVER, ETCD = "/opt/kubernetes/kube-apiserver", "/opt/etcd/usr/bin/etcd"
# The passwords of other nodes, as the cluster has them: a file NODE with the password.
PASSWORDS = Path("/opt/node-passwords")
NOT_READY = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"


def log(level, message):
    print(f'time="{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}" level={level} msg="{message}"', flush=True)


def fatal(message):
    log("fatal", message)
    sys.exit(1)


def check_arguments(config, role):
    """K3s warns of its own unknown settings, and exits if a component has an unknown argument."""
    for key in config:
        if key not in FLAGS[f"k3s {role}"]:
            log("warning", f"Unknown flag --{key} found in config.yaml, skipping")
    components = {
        "kubelet-arg": ("kubelet", "kubelet exited: failed to parse kubelet flag: unknown flag: --{}"),
        "kube-apiserver-arg": ("kube-apiserver", "apiserver exited: unknown flag: --{}"),
        "kube-controller-manager-arg": ("kube-controller-manager", "controller-manager exited: unknown flag: --{}"),
        "kube-scheduler-arg": ("kube-scheduler", "scheduler exited: unknown flag: --{}"),
    }
    for key, (program, message) in components.items():
        for argument in config.get(key) or []:
            name, _, value = argument.partition("=")
            # Only the programs that a plan uses have a list; components/k3s/arguments.test.ts verifies that.
            if program in FLAGS and name not in FLAGS[program]:
                fatal(message.format(name))
            if key == "kubelet-arg" and name == "config":
                import yaml

                for field in yaml.safe_load(Path(value).read_text()):
                    if field not in FLAGS["KubeletConfiguration"]:
                        fatal(f'kubelet exited: failed to merge kubelet configs: strict decoding error: unknown field \\"{field}\\"')


def read_config():
    import yaml

    config = {}
    for path in [CONFIG / "config.yaml", *sorted((CONFIG / "config.yaml.d").glob("*.yaml"))]:
        for key, value in (yaml.safe_load(path.read_text()) or {}).items():
            if key.endswith("+"):
                config[key[:-1]] = config.get(key[:-1], []) + value
            else:
                config[key] = value
    return config


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def certificate(folder, name, subject, authority, usage="clientAuth,serverAuth"):
    """A key and a certificate for 127.0.0.0/8, signed by the authority of that name in the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    key, crt = folder / f"{name}.key", folder / f"{name}.crt"
    if crt.exists():
        return
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    if authority is None:
        run("openssl", "req", "-x509", "-new", "-key", key, "-subj", f"/CN={name}", "-days", "30", "-out", crt,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return
    hosts = ",".join(f"IP:127.0.0.{n}" for n in range(1, 10)) + ",DNS:localhost,DNS:kubernetes"
    request = run("openssl", "req", "-new", "-key", key, "-subj", subject)
    extensions = folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={hosts}\nextendedKeyUsage={usage}\nauthorityKeyIdentifier=keyid\n")
    run("openssl", "x509", "-req", "-CA", folder / f"{authority}.crt", "-CAkey", folder / f"{authority}.key",
        "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", crt, input=request)


def die_with_parent():
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def spawn(*command):
    return subprocess.Popen([str(word) for word in command], preexec_fn=die_with_parent)


@functools.cache
def json_port():
    """The port on which etcd serves JSON. The etcd of Debian 12 and Ubuntu cannot serve it on a port without gRPC."""
    help_text = subprocess.run([ETCD, "--help"], capture_output=True, text=True)
    return 2382 if "listen-client-http-urls" in help_text.stdout + help_text.stderr else 2379


def start_etcd(name, number, cluster, state, *more):
    folder = TLS / "etcd"
    if number == 1 and json_port() == 2382:
        more = (*more, "--listen-client-http-urls", "https://127.0.0.1:2382")
    data = DATA / "server/db/etcd" if number == 1 else DATA / f"server/db/etcd-{name}"
    host = f"127.0.0.{number}"
    return spawn(ETCD, "--name", name, "--data-dir", data, "--log-level", "error",
                 "--listen-client-urls", f"https://{host}:2379", "--advertise-client-urls", f"https://{host}:2379",
                 "--listen-peer-urls", f"https://{host}:2380", "--initial-advertise-peer-urls", f"https://{host}:2380",
                 "--initial-cluster", ",".join(cluster), "--initial-cluster-state", state,
                 "--cert-file", folder / "server-client.crt", "--key-file", folder / "server-client.key",
                 "--client-cert-auth", "--trusted-ca-file", folder / "server-ca.crt",
                 "--peer-cert-file", folder / "server-client.crt", "--peer-key-file", folder / "server-client.key",
                 "--peer-client-cert-auth", "--peer-trusted-ca-file", folder / "server-ca.crt", *more)


def etcd_call(path, body):
    context = ssl.create_default_context(cafile=TLS / "etcd/server-ca.crt")
    context.load_cert_chain(TLS / "etcd/client.crt", TLS / "etcd/client.key")
    request = urllib.request.Request(f"https://127.0.0.1:{json_port()}/v3/cluster/{path}", json.dumps(body).encode())
    with urllib.request.urlopen(request, context=context, timeout=5) as answer:
        return json.load(answer)


def wait(seconds, what, probe):
    end = time.monotonic() + seconds
    while True:
        try:
            found = probe()
            if found:
                return found
        except Exception as error:
            last = error
        if time.monotonic() > end:
            fatal(f"{what}: not within {seconds} s: {last}")
        time.sleep(0.2)


def kubectl(*words, input=None):
    return run(KUBECTL, "--kubeconfig", str(CONFIG / "k3s.yaml"), *words, input=input)


def register(name, roles, version, config, address="127.0.0.1"):
    password = {"apiVersion": "v1", "kind": "Secret", "type": "k3s.cattle.io/node-password", "immutable": True,
                "metadata": {"name": f"{name}.node-password.k3s", "namespace": "kube-system"}, "stringData": {"hash": "planted"}}
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=json.dumps(password))
    labels = dict(item.split("=", 1) for item in config.get("node-label") or [])
    labels.update({f"node-role.kubernetes.io/{role}": "true" for role in roles}, **{"kubernetes.io/hostname": name})
    taints = []
    for item in config.get("node-taint") or []:
        key, effect = item.rsplit(":", 1)
        taints.append({"key": key.split("=")[0], "effect": effect})
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}}
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=json.dumps(node))
    ready = Path(f"/opt/ready-{name}").exists()
    status = {"status": {"addresses": [{"type": "InternalIP", "address": address}], "nodeInfo": {"kubeletVersion": version}, "conditions": [
        {"type": "Ready", "status": "True" if ready else "False", "message": "" if ready else NOT_READY,
         "reason": "KubeletReady" if ready else "KubeletNotReady"}]}}
    kubectl("patch", "node", name, "--subresource=status", "--type=merge", "--patch", json.dumps(status))


def kubeconfig(path, cert):
    text = {"apiVersion": "v1", "kind": "Config", "current-context": "default",
            "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": str(TLS / "server-ca.crt")}}],
            "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
            "users": [{"name": "default", "user": {"client-certificate": f"{cert}.crt", "client-key": f"{cert}.key"}}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(text))


def other_members():
    """The other members of the cluster, set by the test, one per line: NAME ROLE (voter, learner or agent) VERSION."""
    file = Path("/opt/members")
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


# The etcd of each other server: its number, role and process.
OTHERS = {}


def server(config):
    name = config["node-name"]
    token = DATA / "server/token"
    (DATA / "server/db/reset-flag").unlink(missing_ok=True)
    if (DATA / "server/db/etcd/tombstone").exists():
        if "server" not in config:
            fatal("tombstone file has been detected but --server is empty: backup and delete ${datadir}/server/db to create a new cluster, or set --server to rejoin the cluster")
        log("info", "tombstone file has been detected, removing ${datadir}/server/db to rejoin the cluster")
        (DATA / "server/db/etcd").rename(DATA / f"server/db/etcd-backup-{int(time.time())}")
    # The real one detects it when it decrypts its bootstrap data.
    if token.exists() and token.read_text() != f"K10{'0' * 64}::server:{config['token']}":
        fatal("bootstrap data already found and encrypted with different token")
    for folder in (TLS / "etcd", TLS):
        certificate(folder, "server-ca", None, None)
    certificate(TLS / "etcd", "server-client", "/CN=etcd", "server-ca")
    certificate(TLS / "etcd", "client", "/CN=etcd-client", "server-ca")
    certificate(TLS, "serving", "/CN=kube-apiserver", "server-ca")
    certificate(TLS, "admin", "/O=system:masters/CN=system:admin", "server-ca")
    certificate(TLS, "kubelet", f"/O=system:nodes/CN=system:node:{name}", "server-ca")
    run("openssl", "genrsa", "-out", str(TLS / "service.key"), "2048")

    etcd_name = f"{name}-1a2b3c4d"
    cluster = [f"{etcd_name}=https://127.0.0.1:2380"]
    start_etcd(etcd_name, 1, cluster, "new")
    wait(30, "etcd", lambda: etcd_call("member/list", {})["members"])
    for number, (other, role, _) in enumerate(other_members(), 2):
        if role != "agent" and not (DATA / f"server/db/etcd-{other}-1a2b3c4d").exists():
            wait(30, "a member", lambda: etcd_call("member/add", {"peerURLs": [f"https://127.0.0.{number}:2380"], "isLearner": role == "learner"}))
            cluster.append(f"{other}-1a2b3c4d=https://127.0.0.{number}:2380")
            OTHERS[other] = (number, role, start_etcd(f"{other}-1a2b3c4d", number, cluster, "existing"))
            wait(30, other, lambda: any(m.get("name", "").startswith(other) for m in etcd_call("member/list", {})["members"]))

    arguments = [f"--{argument}" for argument in config.get("kube-apiserver-arg") or []]
    (DATA / "server/logs").mkdir(exist_ok=True)
    spawn(APISERVER, "--etcd-servers=https://127.0.0.1:2379", f"--etcd-cafile={TLS}/etcd/server-ca.crt",
          f"--etcd-certfile={TLS}/etcd/client.crt", f"--etcd-keyfile={TLS}/etcd/client.key", "--bind-address=127.0.0.1",
          "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", "--secure-port=6443", f"--client-ca-file={TLS}/server-ca.crt",
          f"--tls-cert-file={TLS}/serving.crt", f"--tls-private-key-file={TLS}/serving.key",
          "--authorization-mode=Node,RBAC", "--service-account-issuer=https://kubernetes",
          f"--service-account-signing-key-file={TLS}/service.key", f"--service-account-key-file={TLS}/service.key",
          f"--service-cluster-ip-range={config['service-cidr']}", "--disable-admission-plugins=ServiceAccount", "--v=0", *arguments)
    kubeconfig(CONFIG / "k3s.yaml", TLS / "admin")
    kubeconfig(DATA / "agent/kubelet.kubeconfig", TLS / "kubelet")
    wait(90, "the API", lambda: kubectl("get", "--raw", "/readyz") == "ok")
    register(name, ["control-plane", "etcd"], VERSION, config)
    for number, (other, role, version) in enumerate(other_members(), 2):
        register(other, [] if role == "agent" else ["control-plane", "etcd"], version, {}, f"127.0.0.{number}")
    token.write_text(f"K10{'0' * 64}::server:{config['token']}")
    threading.Thread(target=remove_members, daemon=True).start()


def cluster_reset(flags):
    """Removes every other member of etcd, with the existing datastore or with a snapshot, then exits."""
    for flag in flags:
        if flag[2:].split("=")[0] not in FLAGS["k3s server"]:
            fatal(f"flag provided but not defined: -{flag[2:].split('=')[0]}")
    config = {**read_config(), **dict(flag[2:].split("=", 1) for flag in flags if "=" in flag)}
    if "server" in config:
        fatal("cannot perform cluster-reset while server URL is set - remove server from configuration before resetting")
    data, flag = DATA / "server/db/etcd", DATA / "server/db/reset-flag"
    if flag.exists():
        fatal("Managed etcd cluster membership was previously reset, please remove the cluster-reset flag")
    # The API server binds this port first, and the reset fails while the previous K3s still exits.
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind(("127.0.0.1", 6444))
    except OSError:
        fatal("apiserver exited: failed to create listener: failed to listen on 127.0.0.1:6444: listen tcp 127.0.0.1:6444: bind: address already in use")
    probe.close()
    etcd_name = f"{config['node-name']}-1a2b3c4d"
    snapshot = config.get("cluster-reset-restore-path")
    if snapshot:
        snapshots = DATA / "server/db/snapshots"
        if config["etcd-s3"] != "false":
            # A folder replaces the bucket. K3s downloads the file to the folder of its own snapshots.
            remote = Path(f"/opt/bucket/{config['etcd-s3-bucket']}/{config['etcd-s3-folder']}/{snapshot}")
            if not remote.exists():
                fatal(f"etcd: failed to download snapshot from S3: The specified key does not exist: {remote}, token {config['token']}")
            snapshots.mkdir(parents=True, exist_ok=True)
            snapshot = str(snapshots / snapshot)
            Path(snapshot).write_bytes(remote.read_bytes())
        if not Path(snapshot).exists():
            fatal(f"etcd: snapshot path does not exist: {snapshot}, token {config['token']}")
        if snapshot.endswith(".zip"):
            # k3s-io/k3s#14526: an absolute path is appended to the folder of the snapshots.
            fatal(f"open {snapshots}{snapshot}: no such file or directory")
        if data.exists():
            data.rename(DATA / f"server/db/etcd-old-{int(time.time())}")
        run(f"{ETCD}utl", "snapshot", "restore", snapshot, "--name", etcd_name, "--data-dir", data,
            "--initial-cluster", f"{etcd_name}=https://127.0.0.1:2380", "--initial-advertise-peer-urls", "https://127.0.0.1:2380")
    etcd = start_etcd(etcd_name, 1, [f"{etcd_name}=https://127.0.0.1:2380"], "existing", "--force-new-cluster")
    wait(60, "etcd", lambda: len(etcd_call("member/list", {})["members"]) == 1)
    etcd.terminate()
    etcd.wait()
    flag.touch()
    print('level=info msg="Managed etcd cluster membership has been reset, restart without --cluster-reset flag now"')


def rejoin(name):
    """A K3s that still runs when it loses its membership writes a tombstone, restarts and rejoins."""
    number, role, process = OTHERS.get(name, (0, "", None))
    if process is None or process.poll() is not None:
        return
    time.sleep(3)
    member = f"{name}-5e6f7a8b"
    etcd_call("member/add", {"peerURLs": [f"https://127.0.0.{number}:2380"], "isLearner": role == "learner"})
    peers = [(m.get("name") or member, m["peerURLs"][0]) for m in etcd_call("member/list", {})["members"]]
    OTHERS[name] = (number, role, start_etcd(member, number, [f"{n}={url}" for n, url in peers], "existing"))
    register(name, ["control-plane", "etcd"], VERSION, {}, f"127.0.0.{number}")


def remove_members():
    """Removes a server from etcd after its node object was deleted, like K3s."""
    while True:
        time.sleep(1)
        try:
            nodes = kubectl("get", "nodes", "--output", "jsonpath={.items[*].metadata.name}").split()
            for member in etcd_call("member/list", {})["members"]:
                name = member.get("name", "").rsplit("-", 1)[0]
                if name and name not in nodes:
                    etcd_call("member/remove", {"ID": member["ID"]})
                    rejoin(name)
        except Exception as error:
            print(f"members: {error}", flush=True)


class Healthz(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def node_password(name, role):
    """A node has a password, and the cluster rejects another machine under its name. A server does not check itself."""
    own = Path("/etc/rancher/node/password")
    own.parent.mkdir(exist_ok=True)
    if not own.exists():
        own.write_text(os.urandom(16).hex())
    if role == "server":
        return
    PASSWORDS.mkdir(exist_ok=True)
    known = PASSWORDS / name
    while known.exists() and known.read_text() != own.read_text():
        log("info", f"Waiting to retrieve agent configuration; server is not ready: {DATA}/agent/serving-kubelet.crt: Node password rejected, duplicate hostname or contents of '{own}' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag")
        time.sleep(1)
    known.write_text(own.read_text())


def member(role):
    # etcd would otherwise notify systemd in the name of K3s.
    notify = os.environ.pop("NOTIFY_SOCKET", None)
    config = read_config()
    if not config.get("token"):
        fatal("--token is required")
    log("info", f"Starting {role} with token {config['token']}")
    if Path("/opt/broken").exists():
        # The cause, and then as many lines as the real one logs while it exits.
        print(f"E1128 05:00:00.000000 1 cannot start with token {config['token']}", flush=True)
        for line in range(100):
            log("info", f"Stopped controller {line}")
        sys.exit(1)
    for folder in (DATA / "agent", DATA / "data/0123abcd/bin"):
        folder.mkdir(parents=True, exist_ok=True)
    if role == "server":
        server(config)
    elif "server" not in config:
        fatal("--server is required")
    check_arguments(config, role)
    node_password(config["node-name"], role)

    root = next((a.split("=", 1)[1] for a in config.get("kubelet-arg") or [] if a.startswith("root-dir=")), "/var/lib/kubelet")
    sockets = []
    # The socket for device plugins has a fixed path, whatever the root directory.
    for path in (Path(root) / "pod-resources/kubelet.sock", Path("/var/lib/kubelet/device-plugins/kubelet.sock")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        sockets.append(socket.socket(socket.AF_UNIX))
        # Bound under a number and renamed, like CreateListener of the kubelet: /proc/net/unix keeps the number.
        number = path.with_name(str(int.from_bytes(os.urandom(4), "big")))
        sockets[-1].bind(str(number))
        sockets[-1].listen()
        number.rename(path)
    health = http.server.ThreadingHTTPServer(("127.0.0.1", 10248), Healthz)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if notify:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"READY=1", notify.replace("@", "\0", 1))
    health.serve_forever()


def crictl(words):
    image = words[-1]
    known = DATA / "agent/images" / urllib.parse.quote(image, safe="")
    if words[0] == "inspecti":
        sys.exit(0 if known.exists() else 1)
    host, _, port = image.split("/")[0].partition(":")
    try:
        socket.create_connection((host, int(port or 443)), timeout=5).close()
    except OSError as error:
        print(f"pulling image {image}: {error}", file=sys.stderr)
        sys.exit(1)
    known.parent.mkdir(parents=True, exist_ok=True)
    known.touch()


program = Path(sys.argv[0]).name
words = [program, *sys.argv[1:]] if program in ("crictl", "ctr") else sys.argv[1:]
match words:
    case ["--version"]:
        # The real one starts with the name of its file.
        print(f"{program} version {VERSION} (0123abcd)\ngo version go1.26.1")
    case ["crictl", *rest]:
        crictl(rest)
    case ["server", "--cluster-reset", *flags]:
        cluster_reset(flags)
    case ["server" | "agent" as role]:
        member(role)
    case _:
        fatal(f"no such command: {words}")
