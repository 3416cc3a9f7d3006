import { cluster, describePolicy } from "../testing/testing.ts";
import { serverCount } from "./serverCount.ts";

const named = (count: number) =>
  cluster({ servers: Array.from({ length: count }, (_, index) => `server${index}`) });

describePolicy(serverCount, {
  good: [named(3), named(5)],
  broken: [
    ["one server", [named(1)], "cluster.servers = 1"],
    ["two servers", [named(2)], "cluster.servers = 2"],
    ["four servers", [named(4)], "cluster.servers = 4"],
    ["none", [cluster({ servers: undefined })], "cluster.servers = 0"],
  ],
});
