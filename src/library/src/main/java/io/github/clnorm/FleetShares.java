package io.github.clnorm;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.ShareKey;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.internal.fleet.Weights;
import io.github.clnorm.internal.geometry.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Chooses the shares of a fleet's devices in a request: those that the program set, those that were measured before, or new
 * ones. The caller holds the fleet's lock.
 */
final class FleetShares {

    /** How often each time is taken by {@link Fleet#calibrate}. */
    static final int THOROUGH = 7;

    // By the first pass of an operation and size.
    private static final int QUICK = 3;
    private static final long THOROUGH_BYTES = 64 << 20;
    private static final long QUICK_BYTES = 16 << 20;

    private final FleetState state;
    private final FleetRequest request;
    private final FleetAbilities abilities;
    private final List<DeviceInfo> devices;

    FleetShares(FleetState state, FleetRequest request, FleetAbilities abilities) {
        this.state = state;
        this.request = request;
        this.abilities = abilities;
        this.devices = state.devices();
    }

    /** The shares of a pass, which is the latest from now on. Measures if nothing is known. */
    ShareSearch.Found ofPass() {
        ShareSearch.Found found = abilities.inSections() ? adapted(ofRows().chosen()) : chosen();
        state.latest(found.weights());
        return found;
    }

    /** Shares for sections, and for samples that are larger than what is measured: those of rows. */
    private FleetShares ofRows() {
        FleetRequest rows = request.rows();
        return new FleetShares(state, rows, new FleetAbilities(state, rows));
    }

    private ShareSearch.Found chosen() {
        if (state.given() != null) {
            return unmeasured(Weights.among(state.given(), abilities.able()));
        }
        return stored().orElseGet(() -> single().orElseGet(() -> measure(QUICK).found()));
    }

    /** Weights that were not measured. */
    ShareSearch.Found unmeasured(double... weights) {
        double[] unknown = new double[weights.length];
        Arrays.fill(unknown, Double.NaN);
        return new ShareSearch.Found(weights, unknown, Double.NaN, abilities.problems());
    }

    /** All samples for the one device that can compute them; empty if there are several. */
    private Optional<ShareSearch.Found> single() {
        return abilities.indices().length == 1
                ? Optional.of(unmeasured(Weights.among(new double[devices.size()], abilities.able())))
                : Optional.empty();
    }

    /** Weights of an earlier measurement, without the devices that cannot do the work now. */
    private Optional<ShareSearch.Found> stored() {
        return state.store().get(key()).filter(this::fits).map(this::adapted);
    }

    /** A result without the devices that cannot do the work of this pass. */
    private ShareSearch.Found adapted(ShareSearch.Found found) {
        List<String> problems = abilities.problems();
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            reasons.add(problems.get(i).isEmpty() ? found.leftOut().get(i) : problems.get(i));
        }
        return new ShareSearch.Found(
                Weights.among(found.weights(), abilities.able()), found.alone(), found.together(), reasons);
    }

    /** Whether a stored result gives some of the devices that work a share. */
    private boolean fits(ShareSearch.Found found) {
        return Arrays.stream(abilities.indices()).anyMatch(i -> found.weights()[i] > 0);
    }

    private ShareKey key() {
        return request.key(devices);
    }

    String explain() {
        if (request.samples() == 0) {
            return request + ": no samples\n";
        }
        if (abilities.inSections()) {
            return request + ", in sections, by the weights of:\n" + ofRows().explain();
        }
        if (state.given() != null) {
            return text(unmeasured(Weights.among(state.given(), abilities.able())), "weights that were set");
        }
        return stored().map(found -> weights(found).explain())
                .or(() -> single().map(found -> text(found, "one device")))
                .orElse(request + ": not measured yet; the first pass does\n");
    }

    private String text(ShareSearch.Found found, String why) {
        StringBuilder text = new StringBuilder(request + ", by " + why + ":\n");
        for (int i = 0; i < devices.size(); i++) {
            String problem = abilities.problems().get(i);
            text.append(devices.get(i).description())
                    .append(": ")
                    .append(problem.isEmpty() ? "weight " + found.weights()[i] : "left out: " + problem)
                    .append('\n');
        }
        return text.toString();
    }

    private FleetWeights weights(ShareSearch.Found found) {
        return new FleetWeights(
                request.toString(),
                devices.stream().map(DeviceInfo::description).toList(),
                found);
    }

    /** Measures weights on samples of the request's shape, and stores them. */
    FleetWeights measure(int rounds) {
        if (request.samples() == 0) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + Shapes.text(request.shape) + " has no samples to measure");
        }
        if (abilities.inSections()) {
            return ofRows().measure(rounds);
        }
        long bytes = rounds == QUICK ? QUICK_BYTES : THOROUGH_BYTES;
        long some = Math.max(1, Math.min(request.samples(), bytes / request.sampleBytes()));
        FleetMeasurement measurement = new FleetMeasurement(state, request.of(some));
        ShareSearch.Found found = ShareSearch.search(abilities.problems(), rounds, measurement);
        state.failed(measurement.failures());
        boolean isWhole = abilities.indices().length == devices.size()
                && Arrays.stream(measurement.failures()).allMatch(failure -> failure == null);
        if (isWhole) {
            state.store().put(key(), found);
        }
        return weights(found);
    }
}
