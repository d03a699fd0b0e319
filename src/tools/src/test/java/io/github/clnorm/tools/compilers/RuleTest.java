package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RuleTest {

    private static final Instruction VECTOR = Instruction.access(Kind.LOAD, 16);
    private static final Instruction SCALAR = Instruction.access(Kind.LOAD, 4);
    private static final Instruction STORE = Instruction.access(Kind.STORE, 16);
    private static final Resources MODEST = new Resources(32, 0, 0, 0, 0, 0);

    /** Holds 8 work-groups of 256 work-items with 32 registers, and 6 with 40. */
    private static final Capacity CAPACITY = new Capacity(
            new Capacity.Units(10, 64, 1000, 64),
            new Capacity.Slots(65_536, 8, 2048, 32),
            new Capacity.Local(64 << 10, 0),
            new Capacity.Rates(1 << 20, 1000, 100, 1000, 500),
            5);

    private static final LaunchDemand LAUNCH = new LaunchDemand(
            "copy",
            1000,
            new LaunchDemand.Group(256, 40, 0),
            new LaunchDemand.Traffic(1, 0, 0, true, 1, 1),
            new LaunchDemand.Chain(1, 0, 0, 0, 1),
            1);

    static KernelBuild build(String kernel, String macros) {
        return new KernelBuild(kernel, "source", "-cl-std=CL1.2 -DWORK_GROUP_SIZE=256 -DVECTOR_WIDTH=4 " + macros);
    }

    static PlannedKernel planned(KernelBuild build) {
        PlannedKernel planned = new PlannedKernel(Target.GFX90A, build);
        planned.use("a pass", 0, Optional.of(LAUNCH), CAPACITY, 1);
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
        assertEquals(List.of(Rule.SCRATCH), broken(COPY, new Resources(32, 8, 0, 0, 0, 0), body));
        assertEquals(List.of(Rule.SCRATCH), broken(COPY, new Resources(32, 0, 1, 0, 0, 0), body));
        assertEquals(List.of(), broken(COPY, new Resources(32, 0, 0, 5, 0, 0), body), "to lanes of vector registers");
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
    void fewerWorkGroupsThanTheModelAssumesAreFound() {
        List<Instruction> body = times(4, VECTOR, STORE);
        assertEquals(List.of(), broken(COPY, new Resources(40, 0, 0, 0, 0, 0), body));
        assertEquals(List.of(Rule.OCCUPANCY), broken(COPY, new Resources(41, 0, 0, 0, 0, 0), body));
        assertEquals(List.of(), broken(COPY, new Resources(32, 0, 0, 0, 10 << 10, 0), body));
        assertEquals(List.of(Rule.OCCUPANCY), broken(COPY, new Resources(32, 0, 0, 0, 12 << 10, 0), body));
        assertEquals(List.of(), broken(COPY, Resources.UNKNOWN, body));
    }

    @Test
    void occupancyIsTheShareOfAUnitsWorkItems() {
        Residency residency = new Residency(LAUNCH, CAPACITY);
        assertEquals(1, residency.share(new Resources(32, 0, 0, 0, 0, 0), 0));
        assertEquals(0.75, residency.share(new Resources(40, 0, 0, 0, 0, 0), 0));
        assertEquals(0.125, residency.share(new Resources(32, 0, 0, 0, 0, 0), 64 << 10));
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
        KernelFacts reading =
                KernelFacts.of(planned(build("moments_of_blocks", "")), new Compiled(MODEST, listing, List.of()));
        assertEquals(128, reading.read().loadBytes(), "stores nothing in its main loop");
    }

    /** Moments have more bytes than vectors of halves. */
    @Test
    void theMainLoopOfHalvesHasTheirVectors() {
        Listing listing = new Listing();
        listing.label("merge");
        times(16, Instruction.access(Kind.LOAD, 4), Instruction.access(Kind.STORE, 16))
                .forEach(listing::add);
        listing.add(Instruction.branch(Kind.BRANCH, "merge"));
        listing.label("loop");
        times(4, Instruction.access(Kind.LOAD, 8), Instruction.access(Kind.STORE, 8))
                .forEach(listing::add);
        listing.add(Instruction.branch(Kind.BRANCH, "loop"));
        listing.add(Instruction.of(Kind.END));
        KernelFacts facts = KernelFacts.of(
                planned(build("resident_columns", "-DSTORAGE=FLOAT16")), new Compiled(MODEST, listing, List.of()));
        assertEquals(32, facts.read().loadBytes());
        assertEquals(32, facts.write().storeBytes());
    }

    @Test
    void violationsNameKernelTargetAndPass() {
        String text = new Violation(Rule.LOADS, planned(COPY), "1 load").toString();
        assertTrue(text.contains("LOADS: copy float32 256 x 4 on gfx90a: 1 load (a pass)"), text);
    }
}
