import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import { charts } from "../../catalog/charts.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import type { Gateway } from "../network/gateway.ts";
import { Route } from "../network/route.ts";
import { postgresPort } from "../postgres/naming.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import { PostgresCluster } from "../postgres/postgresCluster.ts";
import { AppliedBlueprint } from "./appliedBlueprint.ts";
import { authentikSecret, authentikValues, serverPods } from "./authentikValues.ts";
import type { Blueprint } from "./blueprint.ts";
import { clientSecretOf } from "./clientSecret.ts";
import { databaseCluster, databaseName, databaseSize } from "./database.ts";
import type { IdentitySettings } from "./identitySettings.ts";
import { labBlueprint } from "./labBlueprint.ts";
import { loginNamespace } from "./oauth2Proxy.ts";
import { authentikHost, authentikNamespace, authentikService } from "./oidc.ts";
import type { LoginProvider } from "./oidcClient.ts";

/** In hours, as certificates are counted. */
const year = 8766;

/** Authentik with its database, set up by the lab's own blueprint. */
export class Authentik extends pulumi.ComponentResource implements LoginProvider {
  readonly domain: string;
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  readonly protect: boolean;
  readonly blueprint: Blueprint;
  readonly ready: pulumi.Resource;
  readonly url: string;
  readonly route: Route;
  readonly database: PostgresCluster;
  /** Of `akadmin`, whom Authentik makes of itself: for the first login, and for the day when nothing else works. */
  readonly adminPassword: pulumi.Output<string>;
  /** The first password of each user, which they may change. */
  readonly passwords: pulumi.Output<Readonly<Record<string, string>>>;

  constructor(
    name: string,
    args: {
      readonly provider: kubernetes.Provider;
      readonly gateway: Gateway;
      readonly settings: IdentitySettings;
      readonly storageClass: string;
      /** Whether what cannot be made again is protected. */
      readonly protect: boolean;
      readonly operator: PostgresOperator;
      /** What the database has to wait for: storage that works (S11). */
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { provider, gateway, settings } = args;
    const { groups, users, secondFactor } = settings;
    super("lab:identity:Authentik", name, { groups, users: Object.keys(users), secondFactor }, opts);
    this.domain = gateway.domain;
    this.provider = provider;
    this.protect = args.protect;
    const own = { provider, parent: this };
    this.namespace = new Namespace(
      authentikNamespace,
      {
        provider,
        quota: { cpu: "1500m", memory: "6Gi", pods: 20 },
        podSecurity: { profile: "restricted" },
        networkRules,
        routable: true,
      },
      { parent: this, dependsOn: [gateway.ready] },
    );
    const inside = { namespace: this.namespace.namespace };
    const guarded = { ...own, dependsOn: [this.namespace.ready] };
    const password = (what: string, length: number) =>
      pulumi.secret(generatedPassword(what, length, { parent: this, protect: args.protect }).result);

    this.adminPassword = password("authentik-admin", 32);
    const firstPasswords = password("authentik-users", 48);
    this.passwords = pulumi.secret(
      firstPasswords.apply((seed) =>
        Object.fromEntries(
          Object.keys(users).map((user) => [user, clientSecretOf(seed, `user/${user}`, 1).slice(0, 24)]),
        ),
      ),
    );

    this.database = new PostgresCluster(
      databaseCluster,
      {
        ...databaseSize,
        operator: args.operator,
        namespace: this.namespace,
        database: databaseName,
        storageClass: args.storageClass,
        clients: [{ namespace: authentikNamespace }],
        after: args.after,
      },
      { parent: this },
    );
    const secret = new kubernetes.core.v1.Secret(
      authentikSecret,
      {
        metadata: { ...inside, name: authentikSecret },
        stringData: {
          AUTHENTIK_SECRET_KEY: password("authentik-secret-key", 60),
          AUTHENTIK_POSTGRESQL__PASSWORD: this.database.login.password,
          // Read once, when the database is empty. No token beside it: nothing of the lab uses the API.
          AUTHENTIK_BOOTSTRAP_PASSWORD: this.adminPassword,
          AUTHENTIK_BOOTSTRAP_EMAIL: `akadmin@${this.domain}`,
        },
      },
      guarded,
    );
    const authentik = release(
      "authentik",
      {
        chart: charts.authentik,
        namespace: this.namespace.namespace,
        values: authentikValues(this.domain),
        // Its first start writes the whole database.
        timeoutSeconds: 1200,
      },
      { ...own, dependsOn: [this.database.ready, secret] },
    );

    const usernames = Object.keys(users);
    const key = signingKey(this, args.protect);
    const make = (secrets: Readonly<Record<string, string>>) =>
      labBlueprint(this.domain, settings, {
        certificate: secrets.certificate ?? "",
        key: secrets.key ?? "",
        passwords: Object.fromEntries(usernames.map((user) => [user, secrets[`password of ${user}`] ?? ""])),
      });
    this.blueprint = make({});
    this.ready = new AppliedBlueprint(
      "lab",
      {
        authentik: this,
        make,
        secrets: {
          ...key,
          ...Object.fromEntries(
            usernames.map((user) => [
              `password of ${user}`,
              this.passwords.apply((passwords) => passwords[user] ?? ""),
            ]),
          ),
        },
        generation: "1",
        before: [],
        after: [authentik],
      },
      { parent: this },
    ).ready;

    this.route = new Route(
      authentikHost,
      {
        gateway,
        provider,
        host: authentikHost,
        backend: {
          namespace: this.namespace,
          service: authentikService.name,
          port: authentikService.port,
          pods: serverPods,
          podPort: authentikService.podPort,
          madeBy: { release: authentik, name: "authentik" },
        },
      },
      { parent: this },
    );
    this.url = this.route.url;
    this.registerOutputs({ url: this.url });
  }
}

/** What signs tokens. It lives in the state: a rebuilt Authentik signs with the key that services know. */
function signingKey(parent: pulumi.Resource, protect: boolean) {
  const key = new tls.PrivateKey(
    "authentik-signing",
    { algorithm: "RSA", rsaBits: 3072 },
    { parent, protect },
  );
  const certificate = new tls.SelfSignedCert(
    "authentik-signing",
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: "lab" },
      allowedUses: ["digital_signature"],
      validityPeriodHours: 20 * year,
    },
    { parent, protect },
  );
  return { certificate: certificate.certPem, key: key.privateKeyPem };
}

/** Authentik's parts among themselves and to their database, and the proxies; to the outside it says nothing. */
const networkRules: readonly NetworkRule[] = [
  {
    name: "own-out",
    direction: "egress",
    peer: { namespace: authentikNamespace },
    ports: [postgresPort, authentikService.podPort],
  },
  {
    name: "own-in",
    direction: "ingress",
    peer: { namespace: authentikNamespace },
    ports: [authentikService.podPort],
  },
  {
    name: "proxies",
    pods: serverPods,
    direction: "ingress",
    peer: { namespace: loginNamespace },
    ports: [authentikService.podPort],
  },
];
