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
 */
record KernelFacts(
        PlannedKernel planned, Compiled compiled, PathFacts read, PathFacts write, long barriers, long divisions) {

    // The tensors that a backward pass reads.
    private static final int X_AND_DY = 2;

    static KernelFacts of(PlannedKernel planned, Compiled compiled) {
        if (!compiled.built()) {
            return new KernelFacts(planned, compiled, null, null, 0, 0);
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
        return new KernelFacts(
                planned,
                compiled,
                reading(build, paths),
                writing(build, paths),
                compiled.listing().count(Kind.BARRIER),
                divisions);
    }

    /** The path that loads the tensor. Moments and parameters may have more bytes than vectors of halves. */
    private static PathFacts reading(KernelBuild build, List<PathFacts> paths) {
        return paths.stream()
                .filter(path -> !build.storesWhatItLoads() || path.storeBytes() > 0)
                .max(Comparator.<PathFacts>comparingLong(path -> build.hasHalves()
                                ? PathFacts.bytes(path.loads(), build.accessBytes(), build.accessBytes())
                                : 0)
                        .thenComparingLong(PathFacts::loadBytes))
                .orElseThrow();
    }

    /** The path that stores the tensor, in accesses that are no wider than its vectors. */
    private static PathFacts writing(KernelBuild build, List<PathFacts> paths) {
        return paths.stream()
                .max(Comparator.comparingLong(path -> PathFacts.bytes(path.stores(), 0, build.accessBytes())))
                .orElseThrow();
    }

    /** The least share of a unit's work-items that are resident, of all passes; NaN if the model knows none of them. */
    double occupancy() {
        return planned.uses().stream()
                .flatMap(use -> use.residency().stream()
                        .map(of -> of.share(
                                compiled.resources(), compiled.resources().localBytes() + use.localBytes())))
                .min(Comparator.naturalOrder())
                .orElse(Double.NaN);
    }

    /** The passes of which a unit holds fewer work-groups than the model assumes. */
    List<PlannedKernel.Use> scarce() {
        return planned.uses().stream()
                .filter(use -> use.residency()
                        .filter(of -> of.actual(
                                        compiled.resources(),
                                        compiled.resources().localBytes() + use.localBytes())
                                < of.assumed())
                        .isPresent())
                .toList();
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
