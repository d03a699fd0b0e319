package io.github.clnorm.tools.compilers;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The basic blocks of a kernel, the edges between them, and its natural loops. Immutable once it is made. */
final class ControlFlow {

    /**
     * Instructions that run one after the other.
     *
     * @param from the first instruction's index
     * @param to the index after the last instruction
     */
    record Block(int from, int to) {}

    /**
     * A natural loop.
     *
     * @param header the block that is entered from outside
     * @param body all blocks of the loop, with those of loops inside it
     */
    record Loop(int header, BitSet body) {}

    private final Listing listing;
    private final List<Block> blocks = new ArrayList<>();
    private final List<List<Integer>> successors = new ArrayList<>();
    private final List<List<Integer>> predecessors = new ArrayList<>();
    private final List<Loop> loops = new ArrayList<>();

    ControlFlow(Listing listing) {
        this.listing = listing;
        cut();
        BitSet[] dominators = dominators();
        Map<Integer, BitSet> bodies = new TreeMap<>();
        for (int block = 0; block < blocks.size(); block++) {
            for (int header : successors.get(block)) {
                if (dominators[block].get(header)) {
                    addBody(bodies.computeIfAbsent(header, unused -> new BitSet()), header, block);
                }
            }
        }
        bodies.forEach((header, body) -> loops.add(new Loop(header, body)));
    }

    private void cut() {
        List<Instruction> all = listing.instructions();
        TreeSet<Integer> starts = new TreeSet<>();
        starts.add(0);
        for (int i = 0; i < all.size(); i++) {
            Instruction instruction = all.get(i);
            if (instruction.target() != null) {
                starts.add(listing.index(instruction.target()));
            }
            if (instruction.target() != null || instruction.kind() == Instruction.Kind.END) {
                starts.add(i + 1);
            }
        }
        starts.remove(all.size());
        Map<Integer, Integer> blockAt = new TreeMap<>();
        for (int start : starts) {
            Integer next = starts.higher(start);
            blockAt.put(start, blocks.size());
            blocks.add(new Block(start, next == null ? all.size() : next));
            successors.add(new ArrayList<>());
            predecessors.add(new ArrayList<>());
        }
        for (int block = 0; block < blocks.size(); block++) {
            int end = blocks.get(block).to;
            Instruction last = all.get(end - 1);
            if (last.target() != null) {
                Integer to = blockAt.get(listing.index(last.target()));
                if (to != null) {
                    connect(block, to);
                }
            }
            boolean falls = last.kind() != Instruction.Kind.JUMP && last.kind() != Instruction.Kind.END;
            if (falls && end < all.size()) {
                connect(block, block + 1);
            }
        }
    }

    private void connect(int from, int to) {
        if (!successors.get(from).contains(to)) {
            successors.get(from).add(to);
            predecessors.get(to).add(from);
        }
    }

    /** For every block, the blocks that every way from the entry to it goes through. */
    private BitSet[] dominators() {
        int count = blocks.size();
        BitSet[] of = new BitSet[count];
        for (int block = 0; block < count; block++) {
            of[block] = new BitSet();
            of[block].set(0, block == 0 ? 1 : count);
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int block = 1; block < count; block++) {
                BitSet next = new BitSet();
                next.set(0, count);
                predecessors.get(block).forEach(from -> next.and(of[from]));
                next.set(block);
                if (!next.equals(of[block])) {
                    of[block] = next;
                    changed = true;
                }
            }
        }
        return of;
    }

    private void addBody(BitSet body, int header, int latch) {
        body.set(header);
        Deque<Integer> open = new ArrayDeque<>(List.of(latch));
        while (!open.isEmpty()) {
            int block = open.pop();
            if (!body.get(block)) {
                body.set(block);
                open.addAll(predecessors.get(block));
            }
        }
    }

    List<Loop> loops() {
        return loops;
    }

    int blockCount() {
        return blocks.size();
    }

    List<Integer> successors(int block) {
        return successors.get(block);
    }

    /** The instructions of a block. */
    List<Instruction> instructions(int block) {
        return listing.instructions().subList(blocks.get(block).from, blocks.get(block).to);
    }

    /** The outermost loop inside a region that has a block, or null. */
    Loop innerLoop(BitSet region, int header, int block) {
        Loop outermost = null;
        for (Loop loop : loops) {
            boolean inside = loop.header != header && region.get(loop.header) && loop.body.get(block);
            if (inside && (outermost == null || loop.body.cardinality() > outermost.body.cardinality())) {
                outermost = loop;
            }
        }
        return outermost;
    }
}
