package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PtxAssemblyTest {

    private static Listing read(String... lines) {
        return PtxAssembly.read(".entry k(\n)\n{\n" + String.join("\n", lines) + "\n\tret;\n}\n", "k");
    }

    @Test
    void theMainLoopOfACopyHasFourScalarsForAVector() {
        PathFacts loop = Snippets.mainLoop(PtxAssembly.read(Snippets.text("copy-sm_90.ptx"), "copy"), 1, 16);
        assertEquals(Map.of(4, 4), loop.loads());
        assertEquals(Map.of(4, 4), loop.stores());
        assertEquals(1, loop.inFlight());
        assertEquals(13, loop.instructions());
    }

    @ParameterizedTest
    @CsvSource({
        "ld.global.f32, LOAD, 4",
        "ld.global.v4.f32, LOAD, 16",
        "ld.global.v2.f64, LOAD, 16",
        "ld.global.nc.v4.u16, LOAD, 8",
        "ld.global.u16, LOAD, 2",
        "ld.global.b16, LOAD, 2",
        "ld.f32, LOAD, 4",
        "ld.shared.v4.f32, LOCAL, 0",
        "ld.param.u64, OTHER, 0",
        "st.shared.f32, LOCAL, 0",
        "div.u64, DIVIDE_64, 0",
        "rem.s64, DIVIDE_64, 0",
        "div.u32, OTHER, 0",
        "div.rn.f32, OTHER, 0"
    })
    void operationsAreSeen(String operation, Kind kind, int bytes) {
        Instruction first =
                read("\t" + operation + " \t%f1, [%rd1];").instructions().get(0);
        assertEquals(new Instruction(kind, bytes, null, Instruction.Wait.NONE, Instruction.NO_TOKEN), first);
    }

    @Test
    void loadsAreOutstandingUntilAStoreOrABarrier() {
        Listing listing = read(
                "\tld.global.v4.f32 \t{%f1, %f2, %f3, %f4}, [%rd1];",
                "\tld.global.v4.f32 \t{%f5, %f6, %f7, %f8}, [%rd1+16];",
                "\tst.global.v4.f32 \t[%rd2], {%f1, %f2, %f3, %f4};",
                "\tld.global.v4.f32 \t{%f1, %f2, %f3, %f4}, [%rd1+32];",
                "\tbar.sync \t0;",
                "\tld.global.v4.f32 \t{%f1, %f2, %f3, %f4}, [%rd1+48];");
        assertEquals(2, LoadsInFlight.most(listing.instructions(), 1, 16));
    }

    @Test
    void branchesHaveTargets() {
        List<Instruction> instructions = read("$L__BB0_1:", "\t@%p1 bra \t$L__BB0_1;", "\tbra.uni \t$L__BB0_1;")
                .instructions();
        assertEquals(Instruction.branch(Kind.BRANCH, "$L__BB0_1"), instructions.get(0));
        assertEquals(Instruction.branch(Kind.JUMP, "$L__BB0_1"), instructions.get(1));
    }

    @Test
    void whatPtxasSaysIsReadForTheKernel() {
        String output =
                """
                ptxas info    : 0 bytes gmem
                ptxas info    : Compiling entry function 'other' for 'sm_90'
                ptxas info    : Function properties for other
                    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
                ptxas info    : Used 32 registers, used 0 barriers
                ptxas info    : Compiling entry function 'affine' for 'sm_90'
                ptxas info    : Function properties for affine
                    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
                ptxas info    : Used 66 registers, used 1 barriers, 8256 bytes smem
                ptxas info    : Compile time = 168.239 ms
                """;
        assertEquals(new Resources(66, 8, 16, 0, 8256, 0), NvidiaCompiler.resources(output, "affine"));
        assertEquals(new Resources(32, 0, 0, 0, 0, 0), NvidiaCompiler.resources(output, "other"));
        assertThrows(IllegalArgumentException.class, () -> NvidiaCompiler.resources(output, "missing"));
    }
}
