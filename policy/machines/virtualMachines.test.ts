import { expect, test } from "vitest";
import { resource } from "../testing/resources.ts";
import { isVirtualMachine, listOf, parseInterfaceAddress } from "./virtualMachines.ts";

test.each([
  ["proxmoxve:index/vmLegacy:VmLegacy", true],
  ["proxmoxve:index/vm2Legacy:Vm2Legacy", true],
  ["proxmoxve:index/vm:Vm", true],
  ["proxmoxve:cloned/vm:Vm", true],
  ["proxmoxve:cloned/vmLegacy:VmLegacy", true],
  ["proxmoxve:VM/virtualMachine:VirtualMachine", true],
  ["proxmoxve:index/container:Container", false],
  ["lab:proxmox:VirtualMachine", false],
])("classifies the resource type %s as a VM: %s", (type, expected) =>
  expect(isVirtualMachine(resource(type, {}))).toBe(expected),
);

test.each([
  [
    [1, 2],
    [1, 2],
  ],
  [undefined, []],
  [null, []],
  [{ length: 1 }, []],
])("reads %j as the list %j", (value, list) => expect(listOf(value)).toEqual(list));

test.each([
  ["10.2.0.14/24", { address: 167903246n, prefix: 24 }],
  ["10.2.0.14/1", { address: 167903246n, prefix: 1 }],
  ["10.2.0.14/32", { address: 167903246n, prefix: 32 }],
  ["10.2.0.14/0", undefined],
  ["10.2.0.14/33", undefined],
  ["10.2.0.14/", undefined],
  ["10.2.0.14", undefined],
  ["10.2.0.14/24/24", undefined],
  ["10.2.0.300/24", undefined],
  [14, undefined],
])("parses the interface address %s", (text, expected) =>
  expect(parseInterfaceAddress(text)).toEqual(expected),
);
