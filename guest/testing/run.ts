import { spawn } from "node:child_process";

/** The result of a command. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end, with `input` on its standard input, and with `env` as its whole environment (default: that of
 * the test). @throws Error if it takes longer than `seconds`
 */
export function attempt(
  command: string,
  args: readonly string[],
  {
    seconds,
    input = "",
    env,
  }: { seconds: number; input?: string | Buffer; env?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: env ?? process.env });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => stdout.push(data));
    child.stderr.on("data", (data: Buffer) => stderr.push(data));
    const ended = () => ({
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      const { stdout: out, stderr: err } = ended();
      reject(new Error(`${command} did not end within ${seconds} s\n${tail(`${out}${err}`)}`));
    }, seconds * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(
        (error as NodeJS.ErrnoException).code === "ENOENT"
          ? new Error(`${command} is missing: install the packages of .ci/packages.txt`)
          : error,
      );
    });
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({ status, ...ended() });
    });
    // A command that exits before reading all of its input closes the pipe; its exit status shows the reason.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Like {@link attempt}, for a command that must succeed; returns its output. @throws Error with the end of its output */
export async function run(
  command: string,
  args: readonly string[],
  options: { seconds: number; input?: string | Buffer },
): Promise<string> {
  const { status, stdout, stderr } = await attempt(command, args, options);
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${tail(`${stdout}${stderr}`)}`);
  return stdout;
}

/** The last lines of a log, for a message. */
export function tail(text: string, lines = 40): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
