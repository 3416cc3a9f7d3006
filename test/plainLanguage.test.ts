import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plainTerms } from "./plainLanguage.ts";

/** Texts that contain such a word for a reason, by the beginning of their path. */
const exceptions: readonly { readonly path: string; readonly text: RegExp; readonly reason: string }[] = [
  { path: "test/plainLanguage", text: /./, reason: "the list itself" },
  { path: "config/renamedFields", text: /^born$/, reason: "an old field name that is still read" },
  { path: "docs/pages/configurationFiles.test.ts", text: /^born$/, reason: "the same" },
  { path: "docs/reference/configuration.md", text: /^born$/, reason: "the same" },
  { path: "schema/pulumi-stack.schema.json", text: /^born$/, reason: "the same" },
  { path: "CHANGELOG.md", text: /^born$/, reason: "the same" },
  {
    path: "rehearsal/command.engine.test.ts",
    text: /^stand-in$/,
    reason: "an old option that is still read",
  },
  { path: "rehearsal/rehearseCommand.ts", text: /^stand-in$/, reason: "the same" },
];

/** Every text file of the repository, committed or not, without the lock file and recorded answers of real plugins. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter(
    (path) => path !== "package-lock.json" && !/^rehearsal\/fakeProviders\/recordings\/.*\.json$/.test(path),
  );

test("finds the terms that the list replaces", () => {
  const samples = [
    "mend it",
    "made anew",
    "whoever asks",
    "is no name of an object",
    "was told twice",
    "[003]",
  ];
  for (const sample of samples)
    expect(
      plainTerms.filter(({ found }) => found.test(sample)),
      sample,
    ).toHaveLength(1);
  for (const sample of ["there is no chart", "is no longer used", "the total", "amended", "is not a name"])
    expect(
      plainTerms.filter(({ found }) => found.test(sample)),
      sample,
    ).toEqual([]);
});

test("uses the terms of the Kubernetes and Pulumi documentation in every file", () => {
  const findings = files.flatMap((path) => {
    const lines = readFileSync(path, "utf8").split("\n");
    return lines.flatMap((line, index) =>
      plainTerms.flatMap(({ found, use }) =>
        [...line.matchAll(new RegExp(found, `${found.flags}g`))]
          .map(([text]) => text)
          .filter((text) => !exceptions.some((one) => path.startsWith(one.path) && one.text.test(text)))
          .map((text) => `${path}:${index + 1}: "${text}": write ${use}`),
      ),
    );
  });
  expect(findings).toEqual([]);
});
