package io.github.clnorm;

import io.github.clnorm.internal.fleet.ShareSearch;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The shares of a fleet's devices in the samples of an operation, and what was measured to find them.
 *
 * <p>Immutable and thread-safe.
 */
public final class FleetWeights {

    private final String request;
    private final List<String> devices;
    private final ShareSearch.Found found;

    FleetWeights(String request, List<String> devices, ShareSearch.Found found) {
        this.request = request;
        this.devices = List.copyOf(devices);
        this.found = found;
    }

    /**
     * The weights, in the order of {@link Fleet#backends()}.
     *
     * @return one for each device, with the sum 1; 0 for a device that is left out
     */
    public double[] weights() {
        return found.weights().clone();
    }

    /**
     * The time of each device that does all the work alone, from host memory to host memory.
     *
     * @return nanoseconds; infinite for a device that cannot do the work
     */
    public double[] aloneNanoseconds() {
        return found.alone().clone();
    }

    /**
     * The time of the devices that have a share, together.
     *
     * @return nanoseconds
     */
    public double togetherNanoseconds() {
        return found.together();
    }

    /**
     * Why devices are left out.
     *
     * @return a reason for each device; empty for a device that has a share
     */
    public List<String> leftOut() {
        return found.leftOut();
    }

    ShareSearch.Found found() {
        return found;
    }

    /**
     * The reasons: a line for each device, and the time of all together.
     *
     * @return the text
     */
    public String explain() {
        StringBuilder text = new StringBuilder(request).append(":\n");
        for (int i = 0; i < devices.size(); i++) {
            text.append(devices.get(i)).append(": ");
            String reason = found.leftOut().get(i);
            text.append(
                    reason.isEmpty()
                            ? String.format(
                                    Locale.ROOT,
                                    "weight %.3f, alone %.3f ms%n",
                                    found.weights()[i],
                                    found.alone()[i] / 1e6)
                            : "left out: " + reason + "\n");
        }
        return text.append(String.format(Locale.ROOT, "together %.3f ms%n", found.together() / 1e6))
                .toString();
    }

    @Override
    public String toString() {
        return "FleetWeights" + Arrays.toString(found.weights());
    }
}
