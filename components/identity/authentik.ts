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

/** One year in hours, the unit of @pulumi/tls. */
const year = 8766;

export interface AuthentikArgs {
  readonly provider: kubernetes.Provider;
  readonly gateway: Gateway;
  /** The section `lab:identity`. */
  readonly settings: IdentitySettings;
  /** StorageClass of the database. */
  readonly storageClass: string;
  /** Whether resources that cannot be recreated (passwords, keys) are protected from deletion. */
  readonly protect: boolean;
  /** The operator of the database. */
  readonly operator: PostgresOperator;
  /** What the database waits for: the canary of the storage (S11). */
  readonly after: readonly pulumi.Resource[];
}

/** Authentik with its database, configured by the lab's blueprint. */
export class Authentik extends pulumi.ComponentResource implements LoginProvider {
  readonly domain: string;
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  readonly protect: boolean;
  readonly blueprint: Blueprint;
  /** Authentik runs and has applied the lab's blueprint. Every application depends on this. */
  readonly ready: pulumi.Resource;
  readonly url: string;
  readonly route: Route;
  readonly database: PostgresCluster;
  /** Secret: the password of `akadmin`, for the first login and for emergencies. */
  readonly adminPassword: pulumi.Output<string>;
  /** Secret: the initial password of each user. A user may change it. */
  readonly passwords: pulumi.Output<Readonly<Record<string, string>>>;

  constructor(name: string, args: AuthentikArgs, opts: pulumi.ComponentResourceOptions) {
    const { provider, gateway, settings, protect } = args;
    const { groups, users, secondFactor } = settings;
    super("lab:identity:Authentik", name, { groups, users: Object.keys(users), secondFactor }, opts);
    this.domain = gateway.domain;
    this.provider = provider;
    this.protect = protect;
    const childOptions = { provider, parent: this };
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
    const { namespace } = this.namespace;
    const password = (what: string, length: number) =>
      pulumi.secret(
        generatedPassword(`${name}-${what}`, length, {
          parent: this,
          protect,
          aliases: [{ name: `authentik-${what}` }],
        }).result,
      );

    this.adminPassword = password("admin", 32);
    const passwordSeed = password("users", 48);
    this.passwords = pulumi.secret(
      passwordSeed.apply((seed) =>
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
      `${name}-secret`,
      {
        metadata: { namespace, name: authentikSecret },
        stringData: {
          AUTHENTIK_SECRET_KEY: password("secret-key", 60),
          AUTHENTIK_POSTGRESQL__PASSWORD: this.database.login.password,
          // Authentik reads these once, when the database is empty. No bootstrap token: the lab does not use the API.
          AUTHENTIK_BOOTSTRAP_PASSWORD: this.adminPassword,
          AUTHENTIK_BOOTSTRAP_EMAIL: `akadmin@${this.domain}`,
        },
      },
      { ...childOptions, dependsOn: [this.namespace.ready], aliases: [{ name: authentikSecret }] },
    );
    const authentik = release(
      name,
      {
        releaseName: "authentik",
        chart: charts.authentik,
        namespace,
        values: authentikValues(this.domain),
        // The first start creates the whole database schema.
        timeoutSeconds: 1200,
      },
      { ...childOptions, dependsOn: [this.database.ready, secret], aliases: [{ name: "authentik" }] },
    );

    const usernames = Object.keys(users);
    const passwordKey = (user: string) => `password of ${user}`;
    const make = (secrets: Readonly<Record<string, string>>) =>
      labBlueprint(this.domain, settings, {
        certificate: secrets.certificate ?? "",
        key: secrets.key ?? "",
        passwords: Object.fromEntries(usernames.map((user) => [user, secrets[passwordKey(user)] ?? ""])),
      });
    this.blueprint = make({});
    this.ready = new AppliedBlueprint(
      `${name}-blueprint`,
      {
        authentik: this,
        name: "lab",
        make,
        secrets: {
          ...this.#signingKey(`${name}-signing`),
          ...Object.fromEntries(
            usernames.map((user) => [
              passwordKey(user),
              this.passwords.apply((passwords) => passwords[user] ?? ""),
            ]),
          ),
        },
        generation: "1",
        references: [],
        after: [authentik],
      },
      { parent: this, aliases: [{ name: "lab" }] },
    ).ready;

    this.route = new Route(
      `${name}-route`,
      {
        gateway,
        provider,
        name: authentikHost,
        host: authentikHost,
        backend: {
          namespace: this.namespace,
          service: authentikService.name,
          port: authentikService.port,
          pods: serverPods,
          podPort: authentikService.podPort,
          createdBy: { release: authentik, name: "authentik" },
        },
      },
      { parent: this, aliases: [{ name: authentikHost }] },
    );
    this.url = this.route.url;
    this.registerOutputs({ url: this.url });
  }

  /** The key that signs tokens. It is in the state, so a recreated Authentik signs with the key that services know. */
  #signingKey(name: string) {
    const opts = { parent: this, protect: this.protect, aliases: [{ name: "authentik-signing" }] };
    const key = new tls.PrivateKey(name, { algorithm: "RSA", rsaBits: 3072 }, opts);
    const certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: "lab" },
        allowedUses: ["digital_signature"],
        validityPeriodHours: 20 * year,
      },
      opts,
    );
    return { certificate: certificate.certPem, key: key.privateKeyPem };
  }
}

/** Traffic between Authentik's own pods and their database, and from the proxies. No egress to the internet. */
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
