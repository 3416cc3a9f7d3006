import pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { asRunError } from "../components/engineConfiguration.ts";
import { type Application, refuseApplications } from "../components/identity/application.ts";
import { loggedInServices } from "../components/identity/applications.ts";
import { readStackFile } from "../config/source.ts";
import { makePlan } from "./plan.ts";

const source = readStackFile("test/reference.yaml");
const services = loggedInServices({ services: {} });
const wiki: Application = {
  name: "wiki",
  title: "Wiki",
  host: "grafana",
  groups: ["admins"],
  login: "proxy",
};

/** A program that declares these services. */
const declaring = (applications: readonly Application[]) => async () =>
  asRunError(() => refuseApplications("lab.example.net", ["admins"], applications));

test("the program rejects two services on one host at preview, with path, lesson and fix and without a stack trace", async () => {
  const { document } = await makePlan("homelab", source, declaring([...services, wiki]));
  expect(document.resources).toEqual([]);
  expect(document.errors).toEqual([
    {
      path: "services.wiki.host",
      lesson: "N10",
      message:
        'services.wiki.host = "grafana": is taken: grafana has https://grafana.lab.example.net (N10)\n  fix: give one of the two another host where it is declared',
    },
  ]);
});

test("a refusal passes every diagnostic to the engine, as an error that it shows without a stack trace", async () => {
  const ended: unknown = await declaring([...services, { ...wiki, groups: ["guests"] }])().catch(
    (error: unknown) => error,
  );
  expect(pulumi.RunError.isInstance(ended)).toBe(true);
  expect((ended as Error).message).toContain("what stands behind the login is refused: 2 problems");
});

test("the plan throws any other failure of the program", async () =>
  await expect(
    makePlan("homelab", source, async () => {
      throw new Error("a mistake of the program");
    }),
  ).rejects.toThrow("a mistake of the program"));
