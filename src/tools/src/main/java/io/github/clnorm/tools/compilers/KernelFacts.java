package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A kernel's machine code in figures.
 *
 * @param planned the kernel and its target
 * @param compiled what the compiler made of it
 * @param read the path that loads the most bytes; null if it did not build
 * @param write the path that stores the most bytes, which may be the same one
 * @param barriers in the text of the kernel
 * @param divisions of 64-bit integers inside loops
 * @param occupancy the share of a unit's waves that are resident
 */
record KernelFacts(
        PlannedKernel planned,
        Compiled compiled,
        PathFacts read,
        PathFacts write,
        long barriers,
        long divisions,
        double occupancy) {

    // The tensors that a backward pass reads.
    private static final int X_AND_DY = 2;

    static KernelFacts of(PlannedKernel planned, Compiled compiled) {
        if (!compiled.built()) {
            return new KernelFacts(planned, compiled, null, null, 0, 0, 0);
        }
        KernelBuild build = planned.build();
        ControlFlow flow = new ControlFlow(compiled.listing());
        int vectorBytes = build.vectorBytes();
        int accessBytes = build.accessBytes();
        // ptxas orders the loads of an iteration, and no more.
        int iterations = planned.target().maker() == Target.Maker.NVIDIA ? 1 : 2;
        List<PathFacts> paths = new ArrayList<>();
        for (ControlFlow.Loop loop : flow.loops()) {
            paths.add(PathFacts.of(HotPath.of(flow, loop, accessBytes), true, iterations, vectorBytes));
        }
        paths.add(PathFacts.of(HotPath.outsideLoops(flow, accessBytes), false, 1, vectorBytes));
        long divisions = flow.loops().stream()
                .flatMap(loop -> loop.body().stream().boxed())
                .distinct()
                .flatMap(block -> flow.instructions(block).stream())
                .filter(instruction -> instruction.kind() == Kind.DIVIDE_64)
                .count();
        Resources resources = compiled.resources();
        return new KernelFacts(
                planned,
                compiled,
                paths.stream()
                        .filter(path -> !build.mergesFirst() || path.storeBytes() > 0)
                        .max(Comparator.comparingLong(PathFacts::loadBytes))
                        .orElseThrow(),
                paths.stream()
                        .max(Comparator.comparingLong(PathFacts::storeBytes))
                        .orElseThrow(),
                compiled.listing().count(Kind.BARRIER),
                divisions,
                planned.target()
                        .occupancy(
                                build.workGroupSize(),
                                resources.simd(),
                                resources.waves(),
                                resources.localBytes() + planned.localBytes()));
    }

    /** Local memory of a work-group, at most. */
    long localBytes() {
        return compiled.resources().localBytes() + planned.localBytes();
    }

    /** Instructions of the reading path for each element, of all tensors together that the kernel reads. */
    double instructionsPerRead() {
        KernelBuild build = planned.build();
        int tensors = (build.readsTwoTensors() ? X_AND_DY : 1) + (build.residual() ? 1 : 0);
        return read.instructions() * (double) tensors * build.elementBytes() / read.loadBytes();
    }

    /** Instructions of the writing path for each element. */
    double instructionsPerWrite() {
        return write.instructions() * (double) planned.build().elementBytes() / write.storeBytes();
    }
}
