/**
 * The assembled instructions of the tiny program (see `tiny-program.ts`). Both versions do the same: block the signals
 * of the mask, write the line to standard output, wait for one of the signals (unless the mask is empty), and exit with
 * the status. They refer to the parameter block that follows the instructions:
 *
 *     +0   mask     8 bytes   signals to wait for, bit n-1 for signal n
 *     +8   status   4 bytes   exit status
 *     +12  length   4 bytes   of the line
 *     +16  line
 *
 * The signals are blocked first and awaited with `rt_sigtimedwait`: the first process of a container has no default
 * action for signals, but a blocked signal stays pending.
 */
export const MACHINE_CODE = {
  amd64: assemble([
    // _start:
    "b8 0e 00 00 00", //          mov  eax, 14            ; rt_sigprocmask
    "31 ff", //                   xor  edi, edi           ; SIG_BLOCK
    "48 8d 35 5a 00 00 00", //    lea  rsi, [rip + mask]
    "31 d2", //                   xor  edx, edx           ; no old mask
    "41 ba 08 00 00 00", //       mov  r10d, 8            ; bytes in a mask
    "0f 05", //                   syscall
    "b8 01 00 00 00", //          mov  eax, 1             ; write
    "bf 01 00 00 00", //          mov  edi, 1             ; standard output
    "48 8d 35 4f 00 00 00", //    lea  rsi, [rip + line]
    "8b 15 45 00 00 00", //       mov  edx, [rip + length]
    "0f 05", //                   syscall
    "48 83 3d 2f 00 00 00 00", // cmp  qword ptr [rip + mask], 0
    "74 1d", //                   je   leave
    // wait:
    "b8 80 00 00 00", //          mov  eax, 128           ; rt_sigtimedwait
    "48 8d 3d 21 00 00 00", //    lea  rdi, [rip + mask]
    "31 f6", //                   xor  esi, esi           ; no information wanted
    "31 d2", //                   xor  edx, edx           ; no time-out
    "41 ba 08 00 00 00", //       mov  r10d, 8
    "0f 05", //                   syscall
    "83 f8 fc", //                cmp  eax, -4            ; EINTR: stopped and continued
    "74 e3", //                   je   wait
    // leave:
    "b8 e7 00 00 00", //          mov  eax, 231           ; exit_group
    "8b 3d 0d 00 00 00", //       mov  edi, [rip + status]
    "0f 05", //                   syscall
    "0f 1f 00", //                nop                     ; aligns the parameters to a multiple of 8
  ]),
  arm64: assemble([
    // _start: (each instruction is a little-endian word)
    "e8 10 80 d2", //             mov  x8, #135           ; rt_sigprocmask
    "00 00 80 d2", //             mov  x0, #0             ; SIG_BLOCK
    "c1 02 00 10", //             adr  x1, mask
    "02 00 80 d2", //             mov  x2, #0             ; no old mask
    "03 01 80 d2", //             mov  x3, #8             ; bytes in a mask
    "01 00 00 d4", //             svc  #0
    "08 08 80 d2", //             mov  x8, #64            ; write
    "20 00 80 d2", //             mov  x0, #1             ; standard output
    "81 02 00 10", //             adr  x1, line
    "42 02 00 18", //             ldr  w2, length
    "01 00 00 d4", //             svc  #0
    "a0 01 00 58", //             ldr  x0, mask
    "20 01 00 b4", //             cbz  x0, leave
    // wait:
    "28 11 80 d2", //             mov  x8, #137           ; rt_sigtimedwait
    "40 01 00 10", //             adr  x0, mask
    "01 00 80 d2", //             mov  x1, #0             ; no information wanted
    "02 00 80 d2", //             mov  x2, #0             ; no time-out
    "03 01 80 d2", //             mov  x3, #8
    "01 00 00 d4", //             svc  #0
    "1f 10 00 b1", //             cmn  x0, #4             ; EINTR: stopped and continued
    "20 ff ff 54", //             b.eq wait
    // leave:
    "c8 0b 80 d2", //             mov  x8, #94            ; exit_group
    "80 00 00 18", //             ldr  w0, status
    "01 00 00 d4", //             svc  #0
  ]),
} as const;

/** The processor architectures that the tiny program supports, named as in OCI platforms. */
export type TinyArchitecture = keyof typeof MACHINE_CODE;

function assemble(instructions: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.from(instructions.join("").replaceAll(" ", ""), "hex"));
}
