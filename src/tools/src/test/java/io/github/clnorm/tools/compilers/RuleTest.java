package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleTest {

    private static final Instruction VECTOR = Instruction.access(Kind.LOAD, 16);
    private static final Instruction SCALAR = Instruction.access(Kind.LOAD, 4);
    private static final Instruction STORE = Instruction.access(Kind.STORE, 16);
    private static final Resources MODEST = new Resources(32, 0, 0, 0, 0, 32);

    static KernelBuild build(String kernel, String macros) {
        return new KernelBuild(kernel, "source", "-cl-std=CL1.2 -DWORK_GROUP_SIZE=256 -DVECTOR_WIDTH=4 " + macros);
    }

    static PlannedKernel planned(KernelBuild build) {
        PlannedKernel planned = new PlannedKernel(Target.GFX90A, build);
        planned.use("a pass", 0);
        return planned;
    }

    private static List<Rule> broken(KernelBuild build, Resources resources, List<Instruction> body) {
        Listing listing = new Listing();
        listing.label("loop");
        body.forEach(listing::add);
        listing.add(Instruction.branch(Kind.BRANCH, "loop"));
        listing.add(Instruction.of(Kind.END));
        return rules(KernelFacts.of(planned(build), new Compiled(resources, listing, List.of())));
    }

    private static List<Rule> rules(KernelFacts facts) {
        return Violation.of(facts).stream().map(Violation::rule).toList();
    }

    private static List<Instruction> times(int count, Instruction load, Instruction store) {
        List<Instruction> body = new ArrayList<>(Collections.nCopies(count, load));
        // Waits for the loads of an iteration.
        body.add(Instruction.of(Kind.OTHER).waiting(Instruction.Wait.ALL));
        body.addAll(Collections.nCopies(count, store));
        return body;
    }

    private static final KernelBuild COPY = build("copy", "");

    @Test
    void fourVectorsAtATimeKeepAllRules() {
        assertEquals(List.of(), broken(COPY, MODEST, times(4, VECTOR, STORE)));
    }

    @Test
    void scratchAndSpillsAreFound() {
        List<Instruction> body = times(4, VECTOR, STORE);
        assertEquals(List.of(Rule.SCRATCH), broken(COPY, new Resources(32, 8, 0, 0, 0, 32), body));
        assertEquals(List.of(Rule.SCRATCH), broken(COPY, new Resources(32, 0, 1, 0, 0, 32), body));
    }

    @Test
    void scalarLoadsAndStoresAreFound() {
        assertEquals(List.of(Rule.VECTORS), broken(COPY, MODEST, times(16, SCALAR, STORE)));
        assertEquals(List.of(Rule.VECTORS), broken(COPY, MODEST, times(4, VECTOR, Instruction.access(Kind.STORE, 4))));
    }

    @Test
    void scalarsArePlannedWithVectorsOfOne() {
        KernelBuild scalars = new KernelBuild("copy", "source", "-DWORK_GROUP_SIZE=256 -DVECTOR_WIDTH=1");
        assertEquals(List.of(), broken(scalars, MODEST, times(4, SCALAR, Instruction.access(Kind.STORE, 4))));
    }

    @Test
    void aVectorOfHalvesHasEightBytes() {
        KernelBuild halves = build("affine", "-DSTORAGE=FLOAT16 -DSTATISTICS=MERGED");
        assertEquals(
                List.of(),
                broken(halves, MODEST, times(4, Instruction.access(Kind.LOAD, 8), Instruction.access(Kind.STORE, 8))));
    }

    @Test
    void fewerLoadsInFlightThanTheKernelIsWrittenForAreFound() {
        assertEquals(List.of(Rule.LOADS), broken(COPY, MODEST, times(3, VECTOR, STORE)));
        assertEquals(List.of(), broken(build("affine", "-DACTIVATION=SILU"), MODEST, times(1, VECTOR, STORE)));
    }

    @Test
    void divisionsInLoopsAreFound() {
        List<Instruction> body = times(4, VECTOR, STORE);
        body.add(Instruction.of(Kind.DIVIDE_64));
        assertEquals(List.of(Rule.DIVISION), broken(COPY, MODEST, body));
    }

    @Test
    void lowOccupancyIsFound() {
        assertEquals(List.of(Rule.OCCUPANCY), broken(COPY, new Resources(255, 0, 0, 0, 0, 4), times(4, VECTOR, STORE)));
        assertEquals(
                List.of(Rule.OCCUPANCY), broken(COPY, new Resources(32, 0, 0, 40_000, 0, 32), times(4, VECTOR, STORE)));
    }

    @Test
    void failedBuildsAndWarningsAreFound() {
        KernelFacts failed = KernelFacts.of(planned(COPY), Compiled.failed(List.of("error: no")));
        assertEquals(List.of(Rule.BUILD), rules(failed));
        Listing listing = new Listing();
        times(4, VECTOR, STORE).forEach(listing::add);
        listing.add(Instruction.of(Kind.END));
        KernelFacts warned = KernelFacts.of(planned(COPY), new Compiled(MODEST, listing, List.of("warning: double")));
        assertEquals(List.of(Rule.WARNING), rules(warned));
    }

    /** affine merges blocks in a loop that loads more than its main loop. */
    @Test
    void aMergeBeforeTheMainLoopIsNotTheMainLoop() {
        Listing listing = new Listing();
        listing.label("merge");
        Collections.nCopies(8, VECTOR).forEach(listing::add);
        listing.add(Instruction.branch(Kind.BRANCH, "merge"));
        listing.label("loop");
        times(4, VECTOR, STORE).forEach(listing::add);
        listing.add(Instruction.branch(Kind.BRANCH, "loop"));
        listing.add(Instruction.of(Kind.END));
        KernelFacts merging = KernelFacts.of(planned(build("affine", "")), new Compiled(MODEST, listing, List.of()));
        assertEquals(64, merging.read().loadBytes());
        KernelFacts merged = KernelFacts.of(
                planned(build("affine", "-DSTATISTICS=MERGED")), new Compiled(MODEST, listing, List.of()));
        assertEquals(128, merged.read().loadBytes());
    }

    @Test
    void occupancyIsLimitedByRegistersLocalMemoryAndWorkGroups() {
        assertEquals(1, Target.SM_90.occupancy(256, 0, 64, 0));
        assertEquals(0.5, Target.SM_90.occupancy(256, 0, 39, 0));
        assertEquals(0.5, Target.SM_90.occupancy(256, 0, 64, 50 << 10));
        assertEquals(0.5, Target.SM_90.occupancy(16, 0, 64, 0));
        assertEquals(0, Target.SM_90.occupancy(256, 0, 64, 1 << 20));
        assertEquals(1, Target.ACM_G10.occupancy(256, 16, 128, 0));
        assertEquals(1, Target.ACM_G10.occupancy(256, 8, 128, 0));
    }

    @Test
    void violationsNameKernelTargetAndPass() {
        String text = new Violation(Rule.LOADS, planned(COPY), "1 load").toString();
        assertTrue(text.contains("LOADS: copy float32 256 x 4 on gfx90a: 1 load (a pass)"), text);
    }
}
