import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster } from "../testing/resources.ts";
import { serverCount } from "./serverCount.ts";

const withServers = (count: number) =>
  cluster({ servers: Array.from({ length: count }, (_, index) => `server${index}`) });

describePolicy(serverCount, {
  valid: [withServers(3), withServers(5)],
  invalid: [
    ["one server", [withServers(1)], "cluster.servers = 1: is not an odd number of three or more"],
    ["two servers", [withServers(2)], "cluster.servers = 2"],
    ["four servers", [withServers(4)], "cluster.servers = 4"],
    ["no servers", [cluster({ servers: undefined })], "cluster.servers = 0"],
  ],
});

test.each([
  [0, 1],
  [1, 1],
  [2, 1],
  [3, 0],
  [4, 1],
  [5, 0],
  [6, 1],
  [7, 0],
])("reports for %i servers %i violations (K1)", (count, violations) =>
  expect(violationsOf(serverCount, [withServers(count)])).toHaveLength(violations),
);
