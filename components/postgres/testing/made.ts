import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import type { Lab } from "../../../config/lab.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import type { Settings } from "../../node/guestSettings.ts";
import type { PostgresOperator } from "../operator.ts";

/** A resource as its provider receives it: secrets in their wrappers. */
export interface Made {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs have the shape of their kind
  readonly inputs: any;
}

/** A guest step that was registered. */
export interface Ordered {
  readonly name: string;
  readonly script: string;
  readonly settings: Settings;
}

/** The homelab with the configuration of a rebuild. */
export function labWith(backup: object = {}, restore?: Lab["config"]["restore"]): Lab {
  const lab = readLab("homelab", readStackFile("test/reference.yaml"));
  return { ...lab, config: { ...lab.config, backup: { ...lab.config.backup, ...backup }, restore } };
}

/** Every resource that a part of the program registers with an operator, on Pulumi's mock runtime. */
export async function madeWith(
  lab: Lab,
  program: (operator: PostgresOperator, gate: pulumi.Resource) => void,
): Promise<{ readonly made: readonly Made[]; readonly ordered: readonly Ordered[] }> {
  const made: Made[] = [];
  const ordered: Ordered[] = [];
  await runtime.setMocks({
    call: ({ inputs }) => inputs,
    newResource: ({ type, name, inputs }) => {
      made.push({ type, name, inputs });
      const result = type.startsWith("random:") ? { result: "planted-password" } : {};
      return { id: name, state: { ...inputs, ...result } };
    },
  });
  await runtime.runInPulumiStack(async () => {
    const provider = new kubernetes.Provider("cluster", { kubeconfig: "none" });
    const gate = new kubernetes.core.v1.ConfigMap("gate", {}, { provider });
    const operator = {
      lab,
      provider,
      ready: gate,
      backupKeyId: pulumi.secret("planted-key-id"),
      backupKey: pulumi.secret("planted-backup-key"),
      bootstrapServer: {
        run: (name: string, step: { script: string; settings: Settings }) => {
          ordered.push({ name, script: step.script, settings: step.settings });
          return gate;
        },
      },
    } as unknown as PostgresOperator;
    program(operator, gate);
    return undefined;
  });
  await runtime.disconnect();
  return { made, ordered };
}
