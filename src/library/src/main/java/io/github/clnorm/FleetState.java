package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareStore;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The devices of a fleet, and what its passes leave for the next one: failures, weights, parameters and staging. The fleet's lock
 * guards all but the weights, which any thread may read and set.
 */
final class FleetState {

    private final List<Backend> backends;
    private final List<DeviceInfo> devices;
    private final List<String> notOpened;
    private final ShareStore store;
    private final FleetBuffers.Slots sources = new FleetBuffers.Slots();
    private final FleetBuffers.Slots targets = new FleetBuffers.Slots();
    // Null for a device that works.
    private final ClException[] failures;
    // Of the last pass.
    private FleetParameters parameters;
    private volatile double[] given;
    private volatile double[] latest;
    private long leastPiece = SamplePieces.LEAST_BYTES;

    FleetState(List<Backend> backends, List<String> notOpened, ShareStore store) {
        this.backends = List.copyOf(backends);
        this.devices = backends.stream().map(Backend::device).toList();
        this.notOpened = List.copyOf(notOpened);
        this.store = store;
        this.failures = new ClException[backends.size()];
    }

    List<Backend> backends() {
        return backends;
    }

    /** The devices of the backends. */
    List<DeviceInfo> devices() {
        return devices;
    }

    /** Devices that matched, and could not be opened. */
    List<String> notOpened() {
        return notOpened;
    }

    ShareStore store() {
        return store;
    }

    /** Why a device gets no samples any more; null if it works. */
    ClException failure(int device) {
        return failures[device];
    }

    /** Takes devices out; entries of those that did not fail are null. */
    void failed(ClException... ofDevices) {
        for (int i = 0; i < ofDevices.length; i++) {
            failures[i] = ofDevices[i] == null ? failures[i] : ofDevices[i];
        }
    }

    /**
     * The devices that have not failed.
     *
     * @throws IllegalStateException if all have
     */
    boolean[] working() {
        boolean[] working = new boolean[failures.length];
        for (int i = 0; i < working.length; i++) {
            working[i] = failures[i] == null;
        }
        if (IntStream.range(0, working.length).noneMatch(i -> working[i])) {
            IllegalStateException all =
                    new IllegalStateException("all devices of the fleet have failed: open a new one", failures[0]);
            Arrays.stream(failures).skip(1).forEach(all::addSuppressed);
            throw all;
        }
        return working;
    }

    /** The weights that the program set; null if it set none. */
    double[] given() {
        return given;
    }

    void give(double... weights) {
        given = weights.clone();
    }

    /** The weights of the latest pass, for {@link Fleet#scatter}; null before the first one. */
    double[] latest() {
        return latest;
    }

    void latest(double... weights) {
        latest = weights;
    }

    /** Pieces are at least as large, unless the tensor is smaller. */
    long leastPiece() {
        return leastPiece;
    }

    void leastPiece(long bytes) {
        leastPiece = bytes;
    }

    /** The parameters of a request on the devices: those of the last pass if it had the same. */
    FleetParameters parameters(FleetRequest request) {
        if (parameters == null || !parameters.areOf(request)) {
            closeParameters();
            parameters = new FleetParameters(request, backends);
        }
        return parameters;
    }

    private void closeParameters() {
        if (parameters != null) {
            parameters.close();
        }
    }

    /** Staging of pieces from a channel. */
    FleetBuffers.Slots sources() {
        return sources;
    }

    /** Staging of pieces to a channel. */
    FleetBuffers.Slots targets() {
        return targets;
    }

    /** Frees what passes left, and closes the backends if the fleet has opened them. */
    void close(boolean closesBackends) {
        sources.clear();
        targets.clear();
        closeParameters();
        ClException first = null;
        for (int i = 0; closesBackends && i < backends.size(); i++) {
            try {
                backends.get(i).close();
            } catch (ClException e) {
                first = first != null || failures[i] != null ? first : e;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
