package io.github.clnorm.tools.scaling;

import java.util.EnumMap;
import java.util.Map;

/**
 * Forward passes over tensors in the host's memory or in files: pieces go to the devices and back. Reads, transfers and
 * kernels overlap.
 *
 * @param source where the input comes from and the output goes to
 * @param devicesOfUplink GPUs behind one link to the host
 */
record Streaming(Source source, int devicesOfUplink) {

    /** Where tensors are. */
    enum Source {
        HOST,
        DRIVES,
        STORAGE
    }

    // Each byte of Java's memory is read, written to pinned memory, and read again by the link. With files, the system
    // has another copy.
    private static final double HOST_ACCESSES = 3;
    private static final double FILE_ACCESSES = 4;
    private static final int LEAST_PIECES = 8;

    /** The time on machines with this number of devices each. */
    Estimate of(ScaledTensor tensor, int machines, int devices) {
        int used = (int) Math.min((long) machines * devices, tensor.units());
        int usedMachines = Math.min(machines, used);
        int each = Math.max(1, used / usedMachines);
        double share = tensor.bytes() / used;
        Estimate time = new Estimate();
        if (!tensor.acrossSamples()) {
            time.together(phase(tensor, usedMachines, each, 1, 1, 5));
        } else if (share <= Rate.DEVICE_CAPACITY.si()) {
            // All of it must be there before the first result.
            time.together(phase(tensor, usedMachines, each, 1, 0, 2));
            Collective.fastest(
                    tensor.statisticsTerms(), tensor.blocks(), tensor.parameters(), usedMachines, each, time);
            time.together(phase(tensor, usedMachines, each, 0, 1, 3));
        } else {
            time.together(phase(tensor, usedMachines, each, 1, 0, 2));
            Collective.fastest(
                    tensor.statisticsTerms(), tensor.blocks(), tensor.parameters(), usedMachines, each, time);
            boolean inHost = tensor.bytes() / usedMachines <= Rate.HOST_CAPACITY.si();
            Streaming second = inHost ? new Streaming(Source.HOST, devicesOfUplink) : this;
            Map<Bottleneck, Double> parts = second.phase(tensor, usedMachines, each, 1, 1, 4);
            if (inHost) {
                parts.putAll(files(tensor, usedMachines, 0, 1));
            }
            time.together(parts);
        }
        // The first piece in and the last one out.
        return time.then(Bottleneck.LATENCY, 2 * Math.min(share / LEAST_PIECES, Rate.PIECE.si()) / Rate.LINK.si());
    }

    /** A phase that reads and writes the tensor this often, with this many accesses of the device's memory. */
    private Map<Bottleneck, Double> phase(
            ScaledTensor tensor, int machines, int devices, int reads, int writes, int accesses) {
        double ofMachine = tensor.bytes() / machines;
        double ofUplink = ofMachine / devices * Math.min(devices, devicesOfUplink);
        Map<Bottleneck, Double> parts = new EnumMap<>(Bottleneck.class);
        double rate = reads > 0 && writes > 0 ? Rate.LINK_BOTH.si() : Rate.LINK.si();
        parts.put(Bottleneck.LINK, (reads + writes) * ofUplink / rate);
        double copies = source == Source.HOST ? HOST_ACCESSES : FILE_ACCESSES;
        parts.put(
                Bottleneck.HOST_MEMORY,
                copies * (reads + writes) * ofMachine / (Rate.HOST_MEMORY.si() * Rate.HOST_SHARE.si()));
        parts.put(
                Bottleneck.DEVICE,
                accesses * ofMachine / devices / (Rate.DEVICE_MEMORY.si() * Rate.DEVICE_SHARE.si())
                        + Rate.PASS_LATENCY.si());
        parts.putAll(files(tensor, machines, reads, writes));
        return parts;
    }

    private Map<Bottleneck, Double> files(ScaledTensor tensor, int machines, int reads, int writes) {
        double bytes = tensor.bytes();
        return switch (source) {
            case HOST -> Map.of();
            case DRIVES -> Map.of(
                    Bottleneck.DRIVES,
                    bytes
                            / machines
                            / Rate.DRIVES.si()
                            * (reads / Rate.DRIVE_READ.si() + writes / Rate.DRIVE_WRITE.si()));
            case STORAGE -> Map.of(
                    Bottleneck.STORAGE,
                    Math.max(reads, writes) * bytes / Rate.STORAGE.si(),
                    Bottleneck.NETWORK,
                    Math.max(reads, writes) * bytes / machines / (Rate.NETWORK.si() * Rate.NETWORK_SHARE.si()));
        };
    }
}
