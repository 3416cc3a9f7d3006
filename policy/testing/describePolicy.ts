import { describe, expect, test } from "vitest";
import { lessonPage, lessons } from "../../catalog/lessons.ts";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { buildPolicies } from "../homelabGuard.ts";
import { toDiagnostic } from "../judge.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { messageTexts } from "./messageTexts.ts";
import { resource, unknown } from "./resources.ts";

/** All violations of a policy over some resources, each checked alone and all together. */
export function violationsOf(policy: LessonPolicy, resources: readonly PolicedResource[]): Violation[] {
  return [
    ...(policy.validateResource === undefined ? [] : resources.flatMap(policy.validateResource)),
    ...(policy.validateStack?.(resources) ?? []),
  ];
}

/** The violations of a policy in text form, as a person reads them. */
export function messagesOf(policy: LessonPolicy, resources: readonly PolicedResource[]): string[] {
  return violationsOf(policy, resources).map((violation) =>
    formatDiagnostic(toDiagnostic(policy, violation)),
  );
}

interface PolicyCases {
  /** Resources that pass together. */
  readonly valid: readonly PolicedResource[];
  /** What is wrong, resources with exactly one violation, and fragments of its message: field, value, text. */
  readonly invalid: readonly (readonly [string, readonly PolicedResource[], ...string[]])[];
}

/** The tests of every policy: metadata, valid resources, and invalid ones that produce each of its messages. */
export function describePolicy(policy: LessonPolicy, { valid, invalid }: PolicyCases): void {
  describe(`policy ${policy.key} (${policy.lesson})`, () => {
    test("is built with its lesson, severity, remediation steps and link", () => {
      expect(Object.hasOwn(lessons, policy.lesson)).toBe(true);
      for (const built of buildPolicies({}, [policy])) {
        expect(built.name).toMatch(new RegExp(`^${policy.lesson.toLowerCase()}-`));
        expect(built).toMatchObject({
          enforcementLevel: "mandatory",
          severity: policy.severity,
          remediationSteps: policy.remediationSteps,
          url: lessonPage(policy.lesson),
        });
      }
    });

    test("accepts valid resources", () => expect(messagesOf(policy, valid)).toEqual([]));

    test("accepts a resource of another provider", () =>
      expect(messagesOf(policy, [resource("aws:s3/bucket:Bucket", { acl: unknown })])).toEqual([]));

    const cases = invalid.map(([what, resources, ...fragments]) => ({ what, resources, fragments }));
    test.each(cases)(`rejects $what (${policy.lesson})`, ({ resources, fragments }) => {
      const messages = messagesOf(policy, resources);
      expect(messages).toHaveLength(1);
      for (const fragment of [...fragments, `(${policy.lesson})`, `fix: ${policy.remediationSteps}`])
        expect(messages[0]).toContain(fragment);
    });

    test("produces every message of its source file", () => {
      const messages = invalid.flatMap(([, resources]) => messagesOf(policy, resources));
      const file = expect.getState().testPath?.replace(/\.test\.ts$/, ".ts") ?? "";
      const missing = messageTexts(file).filter(
        ({ pattern }) => !messages.some((each) => pattern.test(each)),
      );
      expect(missing.map(({ text }) => text)).toEqual([]);
    });
  });
}
