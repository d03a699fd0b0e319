package io.github.clnorm.tools.scaling;

import java.util.function.Consumer;

/**
 * The exchange of statistics or of the parameters' gradients between devices, through the host: OpenCL has no way from
 * one vendor's device to another's.
 */
enum Collective {
    /**
     * Each device's terms go to the host, where a thread for each device adds them to exact sums. The exact sums go
     * through a tree of the devices' threads, then of the machines, and back.
     */
    EXACT_SUMS {
        @Override
        void add(double terms, double blocks, double parameters, int machines, int devices, Estimate time) {
            double ofDevice = terms / machines / devices;
            time.then(Bottleneck.LINK, ofDevice * Rate.BLOCK_MOMENTS.si() / Rate.LINK.si());
            time.then(Bottleneck.MERGE, (ofDevice + parameters * levels(devices)) * Rate.MERGE.si());
            double message = parameters * Rate.ACCUMULATORS.si() / (Rate.NETWORK.si() * Rate.NETWORK_SHARE.si());
            time.then(Bottleneck.NETWORK, 2 * levels(machines) * (message + Rate.NETWORK_LATENCY.si()));
            time.then(Bottleneck.MERGE, parameters * levels(machines) * Rate.MERGE.si());
        }
    },
    /** The moments or sums of all blocks go to all devices, which merge them in the order of the blocks. */
    ALL_BLOCKS {
        @Override
        void add(double terms, double blocks, double parameters, int machines, int devices, Estimate time) {
            double all = blocks * Rate.BLOCK_MOMENTS.si();
            double ofMachine = all / machines;
            time.then(Bottleneck.LINK, ofMachine / devices / Rate.LINK.si() + all / Rate.LINK.si());
            time.then(Bottleneck.NETWORK, (all - ofMachine) / (Rate.NETWORK.si() * Rate.NETWORK_SHARE.si()));
            time.then(Bottleneck.NETWORK, levels(machines) * Rate.NETWORK_LATENCY.si());
            time.then(Bottleneck.DEVICE, 2 * all / (Rate.DEVICE_MEMORY.si() * Rate.DEVICE_SHARE.si()));
        }
    };

    /** Adds the time of an exchange between these devices of these machines. */
    abstract void add(double terms, double blocks, double parameters, int machines, int devices, Estimate time);

    /** Adds the time of an exchange, and the two transfers that the host waits for. Nothing for a single device. */
    void between(double terms, double blocks, double parameters, int machines, int devices, Estimate time) {
        if (terms > 0 && machines * devices > 1) {
            time.then(Bottleneck.LATENCY, 2 * Rate.TRANSFER_LATENCY.si());
            add(terms, blocks, parameters, machines, devices, time);
        }
    }

    /** Adds the time of the exchange that takes less. */
    static void fastest(double terms, double blocks, double parameters, int machines, int devices, Estimate time) {
        Consumer<Collective> add = exchange -> exchange.between(terms, blocks, parameters, machines, devices, time);
        add.accept(
                alone(EXACT_SUMS, terms, blocks, parameters, machines, devices)
                                <= alone(ALL_BLOCKS, terms, blocks, parameters, machines, devices)
                        ? EXACT_SUMS
                        : ALL_BLOCKS);
    }

    private static double alone(
            Collective exchange, double terms, double blocks, double parameters, int machines, int devices) {
        Estimate time = new Estimate();
        exchange.between(terms, blocks, parameters, machines, devices, time);
        return time.total();
    }

    private static double levels(int count) {
        return Math.ceil(Math.log(count) / Math.log(2));
    }
}
