package io.github.clnorm.tools.scaling;

/** A training step of one layer, forward and backward, whose shares stay on the devices. */
record Training(Collective exchange) {

    // Forward reads x twice and writes y; backward reads x and dy twice and writes dx.
    private static final int ACCESSES = 8;
    private static final int TENSORS = 4;

    Estimate of(ScaledTensor tensor, int machines, int devices) {
        int used = (int) Math.min((long) machines * devices, tensor.units());
        int usedMachines = Math.min(machines, used);
        int each = Math.max(1, used / usedMachines);
        double share = tensor.bytes() / used;
        Estimate time = new Estimate()
                .then(Bottleneck.DEVICE, ACCESSES * share / (Rate.DEVICE_MEMORY.si() * Rate.DEVICE_SHARE.si()))
                .then(Bottleneck.LATENCY, 2 * Rate.PASS_LATENCY.si());
        exchange.between(tensor.statisticsTerms(), tensor.blocks(), tensor.parameters(), usedMachines, each, time);
        exchange.between(
                tensor.gradientTerms(), tensor.gradientBlocks(), tensor.parameters(), usedMachines, each, time);
        return time;
    }

    /** Whether x, y, dy and dx fit in the devices. */
    static boolean fits(ScaledTensor tensor, int devices) {
        return TENSORS * tensor.bytes() / devices <= Rate.DEVICE_CAPACITY.si();
    }
}
