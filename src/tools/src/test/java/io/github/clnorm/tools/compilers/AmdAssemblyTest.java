package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AmdAssemblyTest {

    private static Listing read(Target target, String... lines) {
        return AmdAssembly.read("k:\n" + String.join("\n", lines) + "\n\ts_endpgm\n.Lfunc_end0:\n", "k", target);
    }

    @Test
    void theMainLoopOfACopyMovesOneVectorAtATime() {
        Listing listing = AmdAssembly.read(Snippets.text("copy-gfx90a.s"), "copy", Target.GFX90A);
        PathFacts loop = Snippets.mainLoop(listing, 2, 16);
        assertEquals(Map.of(16, 1), loop.loads());
        assertEquals(Map.of(16, 1), loop.stores());
        assertEquals(1, loop.inFlight());
        assertEquals(13, loop.instructions());
        assertEquals(2, new ControlFlow(listing).loops().size());
    }

    @ParameterizedTest
    @CsvSource({
        "global_load_dwordx4, 16",
        "global_load_dwordx2, 8",
        "global_load_dword, 4",
        "global_load_b128, 16",
        "global_load_b64, 8",
        "global_load_b32, 4",
        "global_load_ushort, 2",
        "global_load_u16, 2",
        "global_load_short_d16, 2",
        "global_load_short_d16_hi, 2",
        "global_load_d16_b16, 2",
        "global_load_d16_hi_b16, 2",
        "global_load_ubyte, 1",
        "flat_load_dwordx3, 12",
        "buffer_load_dword, 4"
    })
    void loadsHaveTheWidthOfTheirNames(String operation, int bytes) {
        Instruction load = read(Target.GFX1100, "\t" + operation + " v0, v[2:3], off")
                .instructions()
                .get(0);
        assertEquals(Instruction.access(Kind.LOAD, bytes), load);
    }

    @ParameterizedTest
    @CsvSource({
        "global_store_dwordx4, 16",
        "global_store_b16, 2",
        "global_store_d16_hi_b16, 2",
        "global_store_short, 2",
        "global_store_short_d16_hi, 2",
        "global_store_byte, 1"
    })
    void storesHaveTheWidthOfTheirNames(String operation, int bytes) {
        Instruction store = read(Target.GFX1100, "\t" + operation + " v[2:3], v0, off")
                .instructions()
                .get(0);
        assertEquals(Instruction.access(Kind.STORE, bytes), store);
    }

    @Test
    void aWaitLeavesTheLastLoadsOutstanding() {
        Listing listing = read(
                Target.GFX1100,
                "\tglobal_load_b128 v[0:3], v[8:9], off",
                "\tglobal_load_b128 v[4:7], v[8:9], off offset:16",
                "\ts_waitcnt vmcnt(1) lgkmcnt(0)",
                "\tglobal_load_b128 v[0:3], v[8:9], off",
                "\ts_waitcnt lgkmcnt(0)",
                "\tglobal_load_b128 v[0:3], v[8:9], off");
        assertEquals(3, LoadsInFlight.most(listing.instructions(), 1, 16));
    }

    /** The counter of GFX9 counts stores, so a wait for the last access but one waits for the load before a store. */
    @Test
    void storesCountAmongOutstandingAccessesBeforeRdna() {
        String[] lines = {
            "\tglobal_load_dwordx4 v[0:3], v[8:9], off",
            "\tglobal_store_dwordx4 v[8:9], v[4:7], off",
            "\ts_waitcnt vmcnt(1)",
            "\tglobal_load_dwordx4 v[0:3], v[8:9], off"
        };
        assertEquals(1, LoadsInFlight.most(read(Target.GFX90A, lines).instructions(), 1, 16));
        assertEquals(2, LoadsInFlight.most(read(Target.GFX1030, lines).instructions(), 1, 16));
    }

    @Test
    void barriersLocalMemoryAndDivisionsAreSeen() {
        List<Kind> kinds = read(
                        Target.GFX90A,
                        "\ts_barrier",
                        "\tds_read_b128 v[0:3], v4",
                        "\tv_mov_b32_e32 v1, 0x5f7ffffc",
                        "\tscratch_load_dword v0, off")
                .instructions()
                .stream()
                .map(Instruction::kind)
                .toList();
        assertEquals(List.of(Kind.BARRIER, Kind.LOCAL, Kind.DIVIDE_64, Kind.OTHER, Kind.END), kinds);
    }

    @Test
    void otherKernelsOfAProgramAreLeftOut() {
        String program = "a:\n\ts_barrier\n\ts_endpgm\n.Lfunc_end0:\nb:\n\ts_endpgm\n.Lfunc_end1:\n";
        assertEquals(
                1, AmdAssembly.read(program, "b", Target.GFX90A).instructions().size());
        assertThrows(IllegalArgumentException.class, () -> AmdAssembly.read(program, "c", Target.GFX90A));
    }

    @Test
    void remarksAreReadForTheKernel() {
        String remarks =
                """
                kernels.cl:9:1: remark: Function Name: other [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:9:1: remark:     VGPRs: 99 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark: Function Name: copy [-Rpass-analysis=kernel-resource-usage]
                  355 | {
                      | ^
                kernels.cl:355:1: remark:     SGPRs: 20 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     VGPRs: 12 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     AGPRs: 1 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     ScratchSize [bytes/lane]: 84 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     Dynamic Stack: False [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     Occupancy [waves/SIMD]: 8 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     SGPRs Spill: 3 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     VGPRs Spill: 4 [-Rpass-analysis=kernel-resource-usage]
                kernels.cl:355:1: remark:     LDS Size [bytes/block]: 8256 [-Rpass-analysis=kernel-resource-usage]
                """;
        assertEquals(new Resources(13, 84, 4, 3, 8256, 0), AmdCompiler.resources(remarks, "copy"));
        String withoutAccumulators = remarks.replaceAll("(?m)^.*AGPRs.*\n", "");
        assertEquals(12, AmdCompiler.resources(withoutAccumulators, "copy").registers(), "RDNA has none");
        assertThrows(IllegalArgumentException.class, () -> AmdCompiler.resources(remarks, "missing"));
    }
}
