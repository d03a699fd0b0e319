package io.github.clnorm.tools.normalize;

import io.github.clnorm.internal.geometry.Shapes;

/** How often a pass reads and writes a tensor of the input's size: what its bandwidth counts. */
record Traffic(int reads, int writes) {

    private static final String[] NUMBERS = {"no", "one", "two", "three", "four"};

    /** Of a forward pass, which writes the sum of input and residual if {@code sum} is set. */
    static Traffic forward(Request request, boolean sum) {
        return new Traffic(request.residual == null ? 1 : 2, sum ? 2 : 1);
    }

    /**
     * Of a backward pass.
     *
     * @param readsInput whether it needs the input and the residual, and not the gradient of the output alone
     * @param writes whether it writes the gradient of the input
     */
    static Traffic backward(Request request, boolean readsInput, boolean writes) {
        int inputs = request.residual == null ? 1 : 2;
        return new Traffic(1 + (readsInput ? inputs : 0), writes ? 1 : 0);
    }

    double bytes(Request request) {
        return (double) (reads + writes) * request.type.bytes() * Shapes.elements(request.shape);
    }

    @Override
    public String toString() {
        return times(reads, "read") + (writes > 0 ? " and " + times(writes, "write") : "") + " of the tensor";
    }

    private static String times(int count, String what) {
        return NUMBERS[count] + " " + what + (count == 1 ? "" : "s");
    }
}
