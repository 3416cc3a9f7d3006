import { type CollectionTag, type Scalar, type ScalarTag, stringify, YAMLSeq } from "yaml";
import { type Blueprint, Find, KeyOf } from "./blueprint.ts";

/** `!Find [MODEL, [FIELD, VALUE], …]` */
const find: CollectionTag = {
  tag: "!Find",
  collection: "seq",
  identify: (value) => value instanceof Find,
  createNode(schema, value, context) {
    const { model, conditions } = value as Find;
    const node = YAMLSeq.from(schema, [model, ...Object.entries(conditions)], context);
    node.flow = true;
    return node;
  },
};

/** `!KeyOf ID` */
const keyOf: ScalarTag = {
  tag: "!KeyOf",
  identify: (value) => value instanceof KeyOf,
  resolve: (id) => new KeyOf(id),
  stringify: ({ value }: Scalar) => (value as KeyOf).id,
};

/** A blueprint in YAML 1.1, as Authentik parses it: an unquoted `yes` is a boolean there. */
export function blueprintYaml({ name, entries }: Blueprint): string {
  return stringify(
    { version: 1, metadata: { name }, entries },
    {
      version: "1.1",
      customTags: (tags) => [...tags, find, keyOf],
      lineWidth: 0,
      aliasDuplicateObjects: false,
    },
  );
}
