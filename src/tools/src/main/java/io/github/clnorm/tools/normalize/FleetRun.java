package io.github.clnorm.tools.normalize;

import io.github.clnorm.Fleet;
import io.github.clnorm.FleetReport;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Supplier;

/** Runs a forward pass from a file to a file on all devices that pay. */
final class FleetRun {

    // Below it a second device gains less time than opening it takes.
    private static final long LEAST_BYTES = 64 << 20;
    // The comparison with float64 takes longer than the devices.
    private static final long MOST_COMPARED = 1 << 21;

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final long mostChecked;
    private final long leastBytes;
    private Supplier<Fleet> opener;

    /**
     * The result, for the summary.
     *
     * @param report what each device did
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(FleetReport report, RunCheck check) {}

    FleetRun(Request request, RunCommand.Outputs outputs, long mostChecked) {
        this(request, outputs, mostChecked, LEAST_BYTES);
    }

    FleetRun(Request request, RunCommand.Outputs outputs, long mostChecked, long leastBytes) {
        this.request = request;
        this.outputs = outputs;
        this.mostChecked = mostChecked;
        this.leastBytes = leastBytes;
        this.opener = () -> Fleet.open("all", request.tuning);
    }

    /** Runs on another fleet than that of all devices. */
    FleetRun on(Supplier<Fleet> fleet) {
        opener = fleet;
        return this;
    }

    /** Why one device is used; empty if several can be. */
    String whyOneDevice() {
        boolean alone = Arrays.asList(
                        outputs.sum(), outputs.mean(), outputs.rstd(), outputs.runningMean(), outputs.runningVar())
                .stream()
                .allMatch(output -> output == null);
        if (request.residual != null || !alone) {
            return "a residual, a sum or statistics belong to the request";
        }
        if (request.hasFloat64Parameters()) {
            return "parameters need float64";
        }
        long bytes = Shapes.elements(request.shape) * request.type.bytes();
        return bytes < leastBytes ? "the input is smaller than " + (leastBytes >> 20) + " MiB" : "";
    }

    Result run() throws IOException {
        Request.Parameters parameters = request.readParameters();
        long elements = Shapes.elements(request.shape);
        long ofSample = Math.max(1, elements / Math.max(1, request.samples()));
        long some = Math.min(request.samples(), Math.min(mostChecked, MOST_COMPARED) / ofSample);
        // A set can only be compared as a whole.
        long checked = request.samplesStandAlone() || some == request.samples() ? some : 0;
        FirstElements before = new FirstElements(request.type, Math.toIntExact(checked * ofSample));
        FirstElements after = new FirstElements(request.type, Math.toIntExact(checked * ofSample));
        try (TensorOutput files = new TensorOutput()) {
            FleetReport report;
            // Closed before any file is replaced: if a device fails here, the old files stay.
            try (Fleet fleet = opener.get();
                    Elements input = request.input.elements();
                    Sink output = files.create(outputs.output(), request.type, request.shape)) {
                report = fleet.normalize(
                        request.specWith(parameters),
                        request.type,
                        FileChannels.source(input, elements, request.type.bytes(), before),
                        FileChannels.target(output, after),
                        request.shape);
            }
            RunCheck check = before.values() == null
                    ? null
                    : new RunCheck(
                            request, parameters, checked, before.values(), after.values(), RunSummary.SETS_SHOWN);
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(report, check);
        }
    }
}
