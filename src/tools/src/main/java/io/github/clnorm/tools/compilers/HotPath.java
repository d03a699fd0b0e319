package io.github.clnorm.tools.compilers;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * The way through a loop, or through a kernel outside its loops, that moves the most data: where the code has a path for
 * whole vectors and another for the ends of the data, it is the path for whole vectors. Loops inside are left out.
 */
final class HotPath {

    private static final int NO_HEADER = -1;

    private final ControlFlow flow;
    private final BitSet region;
    private final int header;
    private final ToIntFunction<Instruction> bytes;
    private final Map<Integer, Way> best = new HashMap<>();
    private final BitSet open = new BitSet();

    /** The best way from a block to the end of the region: more bytes first, then fewer instructions. */
    private record Way(long bytes, long instructions, int next) {
        boolean betterThan(Way other) {
            return other == null || bytes > other.bytes || bytes == other.bytes && instructions < other.instructions;
        }
    }

    private HotPath(ControlFlow flow, BitSet region, int header, ToIntFunction<Instruction> bytes) {
        this.flow = flow;
        this.region = region;
        this.header = header;
        this.bytes = bytes;
    }

    /**
     * The instructions of one iteration of a loop.
     *
     * @param accessBytes the least bytes of an access that counts as a vector; paths with vectors come before all others
     */
    static List<Instruction> of(ControlFlow flow, ControlFlow.Loop loop, int accessBytes) {
        return of(flow, loop.body(), loop.header(), accessBytes);
    }

    /** The instructions of a kernel that are in no loop. */
    static List<Instruction> outsideLoops(ControlFlow flow, int accessBytes) {
        BitSet all = new BitSet();
        all.set(0, flow.blockCount());
        return of(flow, all, NO_HEADER, accessBytes);
    }

    private static List<Instruction> of(ControlFlow flow, BitSet region, int header, int accessBytes) {
        HotPath wide = new HotPath(
                flow, region, header, instruction -> instruction.bytes() >= accessBytes ? instruction.bytes() : 0);
        int from = Math.max(0, header);
        Way way = wide.way(from);
        if (way == null) {
            throw new IllegalStateException("no way leads from block " + from + " to the end");
        }
        if (way.bytes > 0) {
            return wide.instructions(from);
        }
        HotPath any = new HotPath(flow, region, header, Instruction::bytes);
        any.way(from);
        return any.instructions(from);
    }

    private Way way(int block) {
        Way known = best.get(block);
        if (known != null) {
            return known;
        }
        open.set(block);
        ControlFlow.Loop inner = flow.innerLoop(region, header, block);
        List<Integer> leaving = new ArrayList<>();
        boolean ends = false;
        if (inner == null) {
            leaving.addAll(flow.successors(block));
            ends = leaving.isEmpty();
        } else {
            inner.body().stream().forEach(inside -> flow.successors(inside).stream()
                    .filter(to -> !inner.body().get(to))
                    .forEach(leaving::add));
        }
        Way chosen = null;
        for (int to : leaving) {
            if (to == header) {
                ends = true;
            } else if (region.get(to) && !open.get(to)) {
                Way rest = way(to);
                Way candidate = rest == null ? null : new Way(rest.bytes, rest.instructions, to);
                if (candidate != null && candidate.betterThan(chosen)) {
                    chosen = candidate;
                }
            }
        }
        if (ends) {
            Way end = new Way(0, 0, NO_HEADER);
            chosen = end.betterThan(chosen) ? end : chosen;
        }
        open.clear(block);
        if (chosen == null) {
            return null;
        }
        List<Instruction> own = inner == null ? flow.instructions(block) : List.of();
        Way way = new Way(
                chosen.bytes + own.stream().mapToLong(bytes::applyAsInt).sum(),
                chosen.instructions + own.size(),
                chosen.next);
        best.put(block, way);
        return way;
    }

    private List<Instruction> instructions(int from) {
        List<Instruction> path = new ArrayList<>();
        for (int block = from; block != NO_HEADER; block = best.get(block).next) {
            if (flow.innerLoop(region, header, block) == null) {
                path.addAll(flow.instructions(block));
            }
        }
        return Collections.unmodifiableList(path);
    }
}
