import { LoratError } from "@lorat/graph";
import type { MpiKind } from "./launcher.ts";

/** A value of MPI's own, as its binary interface passes it: a number with MPICH, an address with Open MPI. */
export type Handle = number | bigint;

/** MPI's functions, for the arguments that are used here; each gives an error code, 0 for success. */
export interface MpiCalls {
  init(argc: null, argv: null): number;
  rank(world: Handle, rank: number[]): number;
  size(world: Handle, size: number[]): number;
  iallreduce(
    send: bigint,
    data: ArrayBufferView,
    count: number,
    type: Handle,
    op: Handle,
    world: Handle,
    request: Request,
  ): number;
  ibcast(
    data: ArrayBufferView,
    count: number,
    type: Handle,
    root: number,
    world: Handle,
    request: Request,
  ): number;
  iallgather(
    send: ArrayBufferView,
    sendCount: number,
    sendType: Handle,
    into: ArrayBufferView,
    count: number,
    type: Handle,
    world: Handle,
    request: Request,
  ): number;
  ialltoall: MpiCalls["iallgather"];
  ibarrier(world: Handle, request: Request): number;
  isend(
    data: ArrayBufferView,
    count: number,
    type: Handle,
    to: number,
    tag: number,
    world: Handle,
    request: Request,
  ): number;
  irecv: MpiCalls["isend"];
  test(request: Request, done: number[], status: bigint): number;
  errorsReturn(world: Handle, handler: Handle): number;
  errorString(code: number, text: Buffer, length: number[]): number;
  abort(world: Handle, status: number): number;
  finalize(): number;
}

/** Memory of a request's handle: 4 bytes with MPICH, 8 with Open MPI. */
export type Request = BigInt64Array;

/** An MPI library in this process. */
export interface MpiLibrary {
  readonly kind: MpiKind;
  /** What it says of itself, its first line. */
  readonly version: string;
  readonly file: string;
  readonly calls: MpiCalls;
  readonly world: Handle;
  readonly types: { readonly byte: Handle; readonly float: Handle; readonly double: Handle };
  readonly sum: Handle;
  readonly errorsReturnHandler: Handle;
  /** MPI_IN_PLACE: the result takes the place of what is sent. */
  readonly inPlace: bigint;
  /** MPI_STATUS_IGNORE. */
  readonly ignore: bigint;
}

/** Where the libraries lie by name, on the loader's path. */
const NAMES: Readonly<Record<MpiKind, readonly string[]>> = {
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.12.dylib", "libmpich.dylib"],
  "Open MPI": ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib", "libmpi.so"],
};

/**
 * Loads the MPI library: the file given, else one of the launcher's kind by its usual names. Throws `MPI_KOFFI` without the
 * package koffi, `MPI_NOT_FOUND` where there is no library, `MPI_ABI` for one that is no MPI of the two kinds.
 */
export async function loadMpi(kind: MpiKind | undefined, file?: string): Promise<MpiLibrary> {
  const koffi = await loadKoffi();
  keepHandsOff();
  const files = file !== undefined ? [file] : (kind ? [kind] : kinds).flatMap((one) => NAMES[one]);
  const problems: string[] = [];
  for (const name of files) {
    let lib: Library;
    try {
      lib = koffi.load(name);
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
      continue;
    }
    return bind(koffi, lib, name);
  }
  if (file !== undefined) {
    throw new LoratError("MPI_NOT_FOUND", `the MPI library ${file} cannot be loaded`, {
      issues: problems,
      hint: "name the shared library itself, such as libmpich.so.12 or libmpi.so.40, with its folder if need be",
    });
  }
  throw new LoratError("MPI_NOT_FOUND", `no library of ${kind ?? "MPICH or Open MPI"} was found`, {
    issues: problems,
    hint: "install it (Debian: libmpich12 or libopenmpi3), or name it: --mpi FILE",
  });
}

/**
 * UCX, the transport below many MPI libraries, patches the memory functions of the process that loads it and takes its signals
 * for faults. Both are V8's business here; without, UCX registers memory anew for each message.
 */
function keepHandsOff(env: NodeJS.ProcessEnv = process.env): void {
  env.UCX_MEM_EVENTS ??= "no";
  env.UCX_MEM_MMAP_HOOK_MODE ??= "none";
  env.UCX_MEM_MALLOC_HOOKS ??= "no";
  env.UCX_ERROR_SIGNALS ??= "";
}

const kinds: readonly MpiKind[] = ["Open MPI", "MPICH"];

type Koffi = typeof import("koffi").default;
type Library = ReturnType<Koffi["load"]>;

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import("koffi")).default;
  } catch (cause) {
    throw new LoratError("MPI_KOFFI", "the package koffi, by which MPI is called, is not installed", {
      hint: "npm install koffi",
      cause,
    });
  }
}

function bind(koffi: Koffi, lib: Library, file: string): MpiLibrary {
  const version = versionOf(lib, file);
  const [line = ""] = version.split("\n");
  if (/Open ?MPI/i.test(version)) {
    const at = (name: string) => koffi.address(lib.symbol(name, "void"));
    return {
      ...{ kind: "Open MPI", version: line.split(",")[0]!.trim(), file },
      calls: callsOf(lib, "void *"),
      world: at("ompi_mpi_comm_world"),
      types: { byte: at("ompi_mpi_byte"), float: at("ompi_mpi_float"), double: at("ompi_mpi_double") },
      sum: at("ompi_mpi_op_sum"),
      errorsReturnHandler: at("ompi_mpi_errors_return"),
      inPlace: 1n,
      ignore: 0n,
    };
  }
  if (/MPICH|MVAPICH|Intel\(R\) MPI|CRAY/i.test(version)) {
    return {
      ...{ kind: "MPICH", version: line.replace(/\s+/g, " ").trim(), file },
      calls: callsOf(lib, "int"),
      // Fixed by the common ABI of MPICH and its relatives (mpich.org/abi).
      world: 0x44000000,
      types: { byte: 0x4c00010d, float: 0x4c00040a, double: 0x4c00080b },
      sum: 0x58000003,
      errorsReturnHandler: 0x54000001,
      inPlace: 0xffffffffffffffffn,
      ignore: 1n,
    };
  }
  throw wrongAbi(file, `it calls itself ${line.trim() || "nothing"}`);
}

/** What the library says of itself; may be asked before it is started. */
function versionOf(lib: Library, file: string): string {
  let ask: (text: Buffer, length: number[]) => number;
  try {
    ask = lib.func("int MPI_Get_library_version(_Out_ void *text, _Out_ int *length)");
  } catch {
    throw wrongAbi(file, "it has no MPI_Get_library_version");
  }
  const text = Buffer.alloc(8192);
  const length = [0];
  ask(text, length);
  return text.toString("utf8", 0, length[0]).replace(/\0.*$/s, "");
}

function wrongAbi(file: string, why: string): LoratError {
  return new LoratError("MPI_ABI", `${file} is no library of MPICH or Open MPI: ${why}`, {
    hint: "name one with the binary interface of MPICH (libmpich.so.12, Intel MPI, MVAPICH, Cray) or of Open MPI (libmpi.so.40): --mpi FILE",
  });
}

/** The functions, with handles of the type that the library's interface has. */
function callsOf(lib: Library, h: "int" | "void *"): MpiCalls {
  const gather = `const void *send, int sendCount, ${h} sendType, void *into, int count, ${h} type, ${h} world, void *request`;
  const message = `void *data, int count, ${h} type, int peer, int tag, ${h} world, void *request`;
  return {
    init: lib.func("int MPI_Init(void *argc, void *argv)"),
    rank: lib.func(`int MPI_Comm_rank(${h} world, _Out_ int *rank)`),
    size: lib.func(`int MPI_Comm_size(${h} world, _Out_ int *size)`),
    iallreduce: lib.func(
      `int MPI_Iallreduce(void *send, void *data, int count, ${h} type, ${h} op, ${h} world, void *request)`,
    ),
    ibcast: lib.func(`int MPI_Ibcast(void *data, int count, ${h} type, int root, ${h} world, void *request)`),
    iallgather: lib.func(`int MPI_Iallgather(${gather})`),
    ialltoall: lib.func(`int MPI_Ialltoall(${gather})`),
    ibarrier: lib.func(`int MPI_Ibarrier(${h} world, void *request)`),
    isend: lib.func(`int MPI_Isend(${message})`),
    irecv: lib.func(`int MPI_Irecv(${message})`),
    test: lib.func("int MPI_Test(void *request, _Out_ int *done, void *status)"),
    errorsReturn: lib.func(`int MPI_Comm_set_errhandler(${h} world, ${h} handler)`),
    errorString: lib.func("int MPI_Error_string(int code, _Out_ void *text, _Out_ int *length)"),
    abort: lib.func(`int MPI_Abort(${h} world, int status)`),
    finalize: lib.func("int MPI_Finalize()"),
  } as MpiCalls;
}
