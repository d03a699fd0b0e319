package io.github.clnorm.tools.compilers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** How many loads of global memory a work-item has outstanding at a time. */
final class LoadsInFlight {

    private LoadsInFlight() {}

    private record Pending(int token, double loads) {}

    /**
     * The most vectors that are outstanding at a time.
     *
     * @param path the instructions of an iteration
     * @param iterations how often it runs: 2 where an iteration finds what the one before left outstanding
     * @param vectorBytes bytes of a vector; a load of fewer bytes counts as a part of a vector
     */
    static double most(List<Instruction> path, int iterations, int vectorBytes) {
        Deque<Pending> pending = new ArrayDeque<>();
        double most = 0;
        for (int iteration = 0; iteration < iterations; iteration++) {
            for (Instruction instruction : path) {
                waitFor(instruction.waits(), pending);
                boolean load = instruction.kind() == Instruction.Kind.LOAD;
                if (load || instruction.token() != Instruction.NO_TOKEN) {
                    // A token that is set again waits for the access that had it.
                    pending.removeIf(access -> access.token >= 0 && access.token == instruction.token());
                    double loads = load ? Math.min(1, instruction.bytes() / (double) vectorBytes) : 0;
                    pending.addLast(new Pending(instruction.token(), loads));
                    most = Math.max(
                            most, pending.stream().mapToDouble(Pending::loads).sum());
                }
            }
        }
        return most;
    }

    private static void waitFor(Instruction.Wait wait, Deque<Pending> pending) {
        if (wait.all()) {
            pending.clear();
        }
        while (wait.atMost() >= 0 && pending.size() > wait.atMost()) {
            pending.removeFirst();
        }
        pending.removeIf(access -> wait.tokens().contains(access.token));
    }
}
