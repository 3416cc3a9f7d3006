import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** Local datastores that the installer creates on every Proxmox host under the same ID. */
const localDatastores = ["local", "local-lvm", "local-zfs"];

/** C3: a shared datastore is declared identically on all its hosts, and is not one that every host has locally. */
export const datastores: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const hosts = Object.entries(config.proxmox?.hosts ?? {}).toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  for (const name of new Set(hosts.flatMap(([, host]) => Object.keys(host.datastores)))) {
    const declared = hosts.flatMap(([host, { datastores: all }]) => {
      const datastore = all[name];
      return datastore === undefined ? [] : [{ host, datastore }];
    });
    const [model] = declared.filter(({ datastore }) => datastore.shared);
    if (model === undefined) continue;
    const at = (host: string, field: string) =>
      formatPath(["proxmox", "hosts", host, "datastores", name, field]);
    if (localDatastores.includes(name)) {
      diagnostics.push({
        path: at(model.host, "shared"),
        value: "true",
        lesson: "C3",
        message: `is set, and ${name} is a local datastore on every Proxmox host`,
        fix: "remove it, or declare the shared storage under its own ID",
      });
      continue;
    }
    for (const { host, datastore } of declared) {
      const differs = difference(model.datastore, datastore);
      if (differs !== undefined)
        diagnostics.push({
          path: at(host, differs),
          value: String(datastore[differs]),
          lesson: "C3",
          message: `differs from the shared datastore of the same ID on ${model.host}: ${String(model.datastore[differs])}`,
          fix: `declare ${name} identically on every host: a Proxmox cluster has one storage of that ID; a local datastore needs another ID`,
        });
    }
  }
  return diagnostics;
};

type Declared = { readonly shared: boolean; readonly sizeGiB: number; readonly content: readonly string[] };

function difference(model: Declared, other: Declared): "shared" | "sizeGiB" | "content" | undefined {
  if (other.shared !== model.shared) return "shared";
  if (other.sizeGiB !== model.sizeGiB) return "sizeGiB";
  const alike = String(other.content.toSorted()) === String(model.content.toSorted());
  return alike ? undefined : "content";
}
