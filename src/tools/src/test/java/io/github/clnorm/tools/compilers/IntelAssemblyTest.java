package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntelAssemblyTest {

    @ParameterizedTest
    @ValueSource(strings = {"copy-acm-g10.asm", "copy-tgllp.asm"})
    void theMainLoopOfACopyMovesOneVectorAtATime(String file) {
        Listing listing = IntelAssembly.read(Snippets.text(file));
        PathFacts loop = Snippets.mainLoop(listing, 2, 16);
        assertEquals(Map.of(16, 1), loop.loads());
        assertEquals(Map.of(16, 1), loop.stores());
        assertEquals(1, loop.inFlight());
        assertEquals(2, new ControlFlow(listing).loops().size());
    }

    private static Instruction first(String line) {
        return IntelAssembly.read(line).instructions().get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "(16|M0) r1 r2 null:0 0x0 0x64883500 {$4}, wr:2+0; rd:8; load.ugm.d32x4.a32.ca.ca.bti[0], LOAD, 16",
        "(16|M0) r1 r2 null:0 0x0 0x64883500 {$4}, wr:2+0; rd:2; load.ugm.d16u32.a32.ca.ca.bti[0], LOAD, 2",
        "(16|M0) r1 r2 null:0 0x0 0x64883500 {$4}, wr:4+0; rd:4; load.ugm.d64.a64.ca.ca, LOAD, 8",
        "(16|M0) null r2 r3:8 0x0 0x640E3504 {$4}, wr:2+8; rd:0; store.ugm.d32x4.a32.wb.wb.bti[2], STORE, 16",
        "(8|M0) r1 r2 null:0 0x0 0x02483500 {$4}, wr:1+0; rd:4; load.slm.d32x4.a32, LOCAL, 0"
    })
    void messagesOfNewerDevicesAreSeen(String code, String message, Kind kind, int bytes) {
        Instruction access = first("        send.ugm " + code + " // " + message.replace("; rd", ", rd"));
        assertEquals(kind, access.kind());
        assertEquals(bytes, access.bytes());
        assertEquals(4, access.token());
    }

    @ParameterizedTest
    @CsvSource({
        "(16|M0) r1 r2 null 0x0 0x04805006 {@3~$7}, wr:2+0; rd:8; untyped surface read with xyzw, LOAD, 16",
        "(16|M0) r1 r2 null 0x0 0x04205E06 {@3~$7}, wr:2+0; rd:2; untyped surface read with x, LOAD, 4",
        "(16|M0) r1 r2 null 0x0 0x048050FE {@3~$7}, wr:2+0; rd:8; untyped surface read with xyzw, LOCAL, 0",
        "(16|M0) null r1 r2 0x200 0x04025001 {@3~$7}, wr:2+8; rd:0; untyped surface write with xyzw, STORE, 16",
        "(16|M0) r1 r2 null 0x0 0x088419FF {@3~$7}, wr:4+0; rd:8; a64 dword gathering read, LOAD, 16",
        "(16|M0) r1 r2 null 0x0 0x02110406 {@3~$7}, wr:2+0; rd:2; byte gathering read 16b, LOAD, 2",
        "(16|M0) null r1 r2 0x40 0x02030406 {@3~$7}, wr:2+2; rd:0; byte scattering write 16b, STORE, 2"
    })
    void messagesOfOlderDevicesAreSeen(String code, String message, Kind kind, int bytes) {
        Instruction access =
                first("        send.dc1 " + code.replace('~', ',') + " // " + message.replace("; rd", ", rd"));
        assertEquals(kind, access.kind());
        assertEquals(bytes, access.bytes());
        assertEquals(7, access.token());
    }

    @Test
    void aTransposedLoadIsOneForTheWholeThread() {
        assertEquals(
                Kind.OTHER,
                first("(W) send.ugm (1|M0) r1 r2 null:0 0x0 0x0 {$4} // wr:1+0, rd:1; load.ugm.d32x8t.a32.ca.ca.bti[0]")
                        .kind());
    }

    @Test
    void loadsAreOutstandingUntilTheirTokensAreWaitedFor() {
        String load =
                "        send.ugm (16|M0) r%d r2 null:0 0x0 0x64883500 {$%d} // wr:2+0, rd:8; load.ugm.d32x4.a32.ca.ca\n";
        String listing = load.formatted(10, 1)
                + load.formatted(20, 2)
                + "        mov (16|M0) r40.0<1>:f r2.0<1;1,0>:f {$1.src}\n"
                + load.formatted(30, 3)
                + "        sync.allrd ($1,$2)\n"
                + "        add (16|M0) r40.0<1>:f r10.0<1;1,0>:f r2.0<1;1,0>:f {$1.dst}\n"
                + "        sync.nop null {Compacted,$2.dst}\n"
                + load.formatted(10, 4)
                + "        sync.allwr\n"
                + load.formatted(10, 5);
        assertEquals(3, LoadsInFlight.most(IntelAssembly.read(listing).instructions(), 1, 16));
    }

    @Test
    void branchesHaveTargets() {
        assertEquals(Instruction.branch(Kind.BRANCH, "L2"), first("(f1.0)  goto (16|M0)   L1      L2  "));
        assertEquals(Instruction.branch(Kind.JUMP, "L2"), first("        goto (16|M0)   L1      L2  "));
        assertEquals(Instruction.branch(Kind.JUMP, "L9"), first("(W)     jmpi           L9  "));
        assertEquals(Instruction.branch(Kind.BRANCH, "L9"), first("(W&f0.0) jmpi          L9  {@1}"));
        assertEquals(Instruction.branch(Kind.BRANCH, "L1"), first("(f0.0)  if (16|M0)     L1      L2  "));
        assertEquals(Instruction.branch(Kind.BRANCH, "L1"), first("        while (16|M0)  L1  "));
    }

    @Test
    void theKernelsOfABinaryAreDescribed() {
        String text =
                """
                ---
                version:         '1.20'
                kernels:
                  - name:            moments_of_blocks
                    execution_env:
                      grf_count:       256
                      simd_size:       16
                      slm_size:        8256
                    per_thread_memory_buffers:
                      - type:            scratch
                        usage:           spill_fill_space
                        size:            1024
                      - type:            global
                        usage:           private_space
                        size:            2048
                        slot:            1
                  - name:            copy
                    execution_env:
                      grf_count:       128
                      simd_size:       32
                kernels_misc_info:
                  - name:            moments_of_blocks
                    args_info:
                      - index:           0
                """;
        assertEquals(new Resources(128, 192, 64, 0, 8256, 16), ZeInfo.resources(text, "moments_of_blocks"));
        assertEquals(new Resources(32, 0, 0, 0, 0, 32), ZeInfo.resources(text, "copy"));
        assertThrows(IllegalArgumentException.class, () -> ZeInfo.resources(text, "missing"));
    }

    @Test
    void privateMemoryMayBeThatOfAWorkItem() {
        String text =
                """

                kernels:
                  - name:            resident_registers
                    execution_env:
                      grf_count:       128
                      simd_size:       8
                    per_thread_memory_buffers:
                      - type:            scratch
                        usage:           spill_fill_space
                        size:            2048
                      - type:            global
                        usage:           private_space
                        size:            48
                        is_simt_thread:  true
                """;
        assertEquals(new Resources(128, 256 + 48, 256, 0, 0, 8), ZeInfo.resources(text, "resident_registers"));
    }
}
