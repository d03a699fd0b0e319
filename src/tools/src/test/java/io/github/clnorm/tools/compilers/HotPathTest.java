package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HotPathTest {

    private static final Instruction VECTOR = Instruction.access(Kind.LOAD, 16);
    private static final Instruction SCALAR = Instruction.access(Kind.LOAD, 4);
    private static final Instruction STORE = Instruction.access(Kind.STORE, 16);
    private static final Instruction OTHER = Instruction.of(Kind.OTHER);
    private static final Instruction END = Instruction.of(Kind.END);

    private static Instruction branch(String to) {
        return Instruction.branch(Kind.BRANCH, to);
    }

    private static Instruction jump(String to) {
        return Instruction.branch(Kind.JUMP, to);
    }

    private static List<Instruction> only(Listing listing) {
        ControlFlow flow = new ControlFlow(listing);
        assertEquals(1, flow.loops().size());
        return HotPath.of(flow, flow.loops().get(0), 16);
    }

    /** Both moves skip: AMD's compiler leaves out neither, since some work-items may take one and some the other. */
    @Test
    void thePathOfWholeVectorsLeavesOutThatOfScalars() {
        Listing listing = Snippets.listing(
                "loop",
                OTHER,
                branch("no vector"),
                VECTOR,
                "no vector",
                branch("no scalars"),
                SCALAR,
                SCALAR,
                SCALAR,
                SCALAR,
                "no scalars",
                branch("loop"),
                END);
        assertEquals(List.of(OTHER, branch("no vector"), VECTOR, branch("no scalars"), branch("loop")), only(listing));
    }

    @Test
    void amongScalarsThePathWithFewerInstructionsIsTaken() {
        Listing listing = Snippets.listing(
                "loop",
                branch("each"),
                SCALAR,
                SCALAR,
                jump("end"),
                "each",
                branch("one"),
                SCALAR,
                OTHER,
                "one",
                SCALAR,
                "end",
                branch("loop"),
                END);
        assertEquals(List.of(branch("each"), SCALAR, SCALAR, jump("end"), branch("loop")), only(listing));
    }

    /** The compiler puts the end of a loop before its beginning. A jump back need not close a loop. */
    @Test
    void blocksMayBeInAnyOrder() {
        Listing listing = Snippets.listing(
                jump("header"),
                "latch",
                OTHER,
                branch("header"),
                END,
                "header",
                branch("latch"),
                VECTOR,
                jump("latch"));
        assertEquals(List.of(branch("latch"), VECTOR, jump("latch"), OTHER, branch("header")), only(listing));
    }

    @Test
    void loopsInsideAreLeftOut() {
        Listing listing = Snippets.listing(
                OTHER, "outer", VECTOR, "inner", SCALAR, SCALAR, branch("inner"), STORE, branch("outer"), SCALAR, END);
        ControlFlow flow = new ControlFlow(listing);
        assertEquals(2, flow.loops().size());
        assertEquals(
                List.of(VECTOR, STORE, branch("outer")),
                HotPath.of(flow, flow.loops().get(0), 16));
        assertEquals(
                List.of(SCALAR, SCALAR, branch("inner")),
                HotPath.of(flow, flow.loops().get(1), 16));
        assertEquals(List.of(OTHER, SCALAR, END), HotPath.outsideLoops(flow, 16));
    }

    @Test
    void loadsOfAnIterationMayOverlapWithTheNext() {
        List<Instruction> path = List.of(VECTOR, OTHER.waiting(Instruction.Wait.atMost(1)), VECTOR);
        assertEquals(2, LoadsInFlight.most(path, 1, 16));
        assertEquals(3, LoadsInFlight.most(path, 2, 16));
        assertEquals(0.75, LoadsInFlight.most(List.of(SCALAR, SCALAR, SCALAR), 1, 16));
    }

    @Test
    void widthsAreCounted() {
        PathFacts facts = PathFacts.of(List.of(VECTOR, SCALAR, SCALAR, STORE), true, 1, 16);
        assertEquals(Map.of(16, 1, 4, 2), facts.loads());
        assertEquals(24, facts.loadBytes());
        assertEquals(16, facts.storeBytes());
    }

    @Test
    void someScalarsBesideVectorsAreNotNarrow() {
        assertEquals(false, PathFacts.isNarrow(Map.of(16, 2, 4, 3), 16));
        assertEquals(true, PathFacts.isNarrow(Map.of(16, 2, 4, 8), 16));
        assertEquals(true, PathFacts.isNarrow(Map.of(4, 1), 16));
        assertEquals(false, PathFacts.isNarrow(Map.of(), 16));
        assertEquals(false, PathFacts.isNarrow(Map.of(16, 4), 8));
    }

    @Test
    void aBranchToNowhereIsAnError() {
        assertThrows(IllegalStateException.class, () -> new ControlFlow(Snippets.listing(branch("nowhere"), END)));
    }
}
