import fc from "fast-check";
import { expect, test } from "vitest";
import { parseImage } from "./images.ts";

const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);

test("parses every image reference that it can build", () =>
  fc.assert(
    fc.property(
      fc.constantFrom("", "docker.io/", "registry.lab:5000/"),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.option(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/), { nil: undefined }),
      fc.option(fc.constant(`sha256:${"0".repeat(64)}`), { nil: undefined }),
      (registry, path, tag, digest) => {
        const repository = registry + path.join("/");
        const image = `${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
        expect(parseImage(image)).toEqual({ repository, name: path.at(-1), tag, digest });
      },
    ),
  ));
