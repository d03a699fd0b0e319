package io.github.clnorm.tools.compilers;

import java.util.Set;

/**
 * An instruction of a kernel, as far as the analysis needs it. Immutable and thread-safe.
 *
 * @param kind what it does
 * @param bytes of global memory that a work-item reads or writes; 0 for other kinds
 * @param target the label that a branch jumps to; null for other kinds
 * @param waits which earlier accesses it waits for
 * @param token the number by which others wait for this access, or {@link #COUNTED} or {@link #NO_TOKEN}
 */
record Instruction(Kind kind, int bytes, String target, Wait waits, int token) {

    /** Nothing waits for the access by a token. */
    static final int NO_TOKEN = -1;

    /** The access counts among the last ones that may stay outstanding. A load counts without this. */
    static final int COUNTED = -2;

    /** What an instruction does. */
    enum Kind {
        /** Reads global memory. */
        LOAD,
        /** Writes global memory. */
        STORE,
        /** Reads or writes local memory. */
        LOCAL,
        /** Waits for the work-group. */
        BARRIER,
        /** Divides 64-bit integers. */
        DIVIDE_64,
        /** May jump to the target. */
        BRANCH,
        /** Jumps to the target. */
        JUMP,
        /** Ends the kernel. */
        END,
        /** Everything else. */
        OTHER
    }

    /**
     * Which accesses an instruction waits for.
     *
     * @param all whether it waits for all of them
     * @param atMost how many of the last ones may stay outstanding; negative for any number
     * @param tokens the accesses that it waits for by their tokens
     */
    record Wait(boolean all, int atMost, Set<Integer> tokens) {
        static final Wait NONE = new Wait(false, -1, Set.of());
        static final Wait ALL = new Wait(true, -1, Set.of());

        Wait {
            tokens = Set.copyOf(tokens);
        }

        static Wait atMost(int outstanding) {
            return new Wait(false, outstanding, Set.of());
        }

        static Wait tokens(Set<Integer> tokens) {
            return tokens.isEmpty() ? NONE : new Wait(false, -1, tokens);
        }
    }

    static Instruction of(Kind kind) {
        return new Instruction(kind, 0, null, Wait.NONE, NO_TOKEN);
    }

    static Instruction access(Kind kind, int bytes) {
        return new Instruction(kind, bytes, null, Wait.NONE, NO_TOKEN);
    }

    static Instruction branch(Kind kind, String target) {
        return new Instruction(kind, 0, target, Wait.NONE, NO_TOKEN);
    }

    Instruction waiting(Wait newWait) {
        return new Instruction(kind, bytes, target, newWait, token);
    }

    Instruction withToken(int newToken) {
        return new Instruction(kind, bytes, target, waits, newToken);
    }
}
