package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The hot path of a loop, or of a kernel outside its loops.
 *
 * @param loop whether it is that of a loop
 * @param instructions their number
 * @param loads how many loads have a width in bytes
 * @param stores how many stores have a width in bytes
 * @param inFlight the most vectors that are loaded at a time
 */
record PathFacts(
        boolean loop, int instructions, Map<Integer, Integer> loads, Map<Integer, Integer> stores, double inFlight) {

    static PathFacts of(List<Instruction> path, boolean loop, int iterations, int vectorBytes) {
        return new PathFacts(
                loop,
                path.size(),
                widths(path, Kind.LOAD),
                widths(path, Kind.STORE),
                LoadsInFlight.most(path, loop ? iterations : 1, vectorBytes));
    }

    private static Map<Integer, Integer> widths(List<Instruction> path, Kind kind) {
        Map<Integer, Integer> widths = new TreeMap<>();
        path.stream()
                .filter(instruction -> instruction.kind() == kind)
                .forEach(access -> widths.merge(access.bytes(), 1, Integer::sum));
        return widths;
    }

    long loadBytes() {
        return bytes(loads);
    }

    long storeBytes() {
        return bytes(stores);
    }

    private static long bytes(Map<Integer, Integer> widths) {
        return bytes(widths, 0, Integer.MAX_VALUE);
    }

    /** Bytes of accesses that are at least and at most so wide. */
    static long bytes(Map<Integer, Integer> widths, int least, int most) {
        return widths.entrySet().stream()
                .filter(width -> width.getKey() >= least && width.getKey() <= most)
                .mapToLong(width -> (long) width.getKey() * width.getValue())
                .sum();
    }

    /** Whether at least half of the data moves in accesses of fewer bytes than a vector. */
    static boolean isNarrow(Map<Integer, Integer> widths, int vectorBytes) {
        long narrow = bytes(widths, 0, vectorBytes - 1);
        return narrow > 0 && 2 * narrow >= bytes(widths);
    }
}
