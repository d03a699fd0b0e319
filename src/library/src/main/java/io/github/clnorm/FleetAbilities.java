package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Which devices of a fleet can do the work of a request, and whether they compute whole samples. Immutable. */
final class FleetAbilities {

    // The devices share larger samples, and staging stays small.
    private static final long MOST_SAMPLE_BYTES = 64 << 20;

    // Why devices cannot do the work; empty if they can.
    private final List<String> problems;
    private final boolean inSections;

    /**
     * Asks the devices.
     *
     * @throws IllegalStateException if all have failed before
     * @throws IllegalArgumentException if none of them can do the work
     */
    FleetAbilities(FleetState state, FleetRequest request) {
        state.working();
        List<DeviceInfo> devices = state.devices();
        List<String> found = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            ClException failure = state.failure(i);
            found.add(
                    failure != null
                            ? "it failed before: " + failure.getMessage()
                            : request.problemOfType(devices.get(i)));
        }
        if (found.stream().noneMatch(String::isEmpty)) {
            throw new IllegalArgumentException("no device of the fleet can compute " + request + ": "
                    + String.join(
                            "; ",
                            IntStream.range(0, devices.size())
                                    .mapToObj(i -> devices.get(i).description() + ": " + found.get(i))
                                    .toList()));
        }
        inSections = !request.samplesAreIndependent()
                || request.updatesRunningStatistics()
                || request.hasResidual()
                || request.sampleBytes() > MOST_SAMPLE_BYTES
                || IntStream.range(0, devices.size())
                        .filter(i -> found.get(i).isEmpty())
                        .noneMatch(i -> request.problemOfSize(devices.get(i)).isEmpty());
        for (int i = 0; i < devices.size() && !inSections; i++) {
            found.set(i, found.get(i).isEmpty() ? request.problemOfSize(devices.get(i)) : found.get(i));
        }
        problems = List.copyOf(found);
    }

    /** For each device why it cannot do the work; empty if it can. */
    List<String> problems() {
        return problems;
    }

    /** For each device whether it can do the work. */
    boolean[] able() {
        boolean[] able = new boolean[problems.size()];
        for (int i = 0; i < able.length; i++) {
            able[i] = problems.get(i).isEmpty();
        }
        return able;
    }

    /** The indices of the devices that can do the work. */
    int[] indices() {
        return IntStream.range(0, problems.size())
                .filter(i -> problems.get(i).isEmpty())
                .toArray();
    }

    /** Whether the devices share samples, or the whole batch, section by section. */
    boolean inSections() {
        return inSections;
    }
}
