package io.github.clnorm.tools.normalize;

import io.github.clnorm.Fleet;
import io.github.clnorm.FleetReport;
import io.github.clnorm.FleetTensors;
import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorOutput;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Runs a forward pass from files to files on all devices that pay. */
final class FleetRun {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final long mostChecked;
    private final long leastBytes;
    private Supplier<Fleet> opener;

    /**
     * The result, for the summary.
     *
     * @param report what each device did
     * @param shares why each device has its share
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(FleetReport report, String shares, RunCheck check) {}

    FleetRun(Request request, RunCommand.Outputs outputs, long mostChecked) {
        this(request, outputs, mostChecked, FleetChoice.LEAST_BYTES);
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
        boolean statistics = Stream.of(outputs.mean(), outputs.rstd(), outputs.runningMean(), outputs.runningVar())
                .anyMatch(Objects::nonNull);
        return FleetChoice.whyOneDevice(request, statistics, leastBytes);
    }

    Result run() throws IOException {
        ParameterValues parameters = request.parameters.read();
        NormSpec spec = request.specWith(parameters);
        long checked = FleetChoice.compared(request, mostChecked);
        FirstElements before = FleetChoice.first(request, checked);
        FirstElements added = FleetChoice.first(request, checked);
        FirstElements after = FleetChoice.first(request, checked);
        try (TensorOutput files = new TensorOutput()) {
            FleetReport report;
            String shares;
            // Closed before any file is replaced: if a device fails here, the old files stay.
            try (Fleet fleet = opener.get();
                    Elements input = request.input.elements();
                    Elements residual = request.residual == null ? null : request.residual.elements();
                    Sink output = files.create(outputs.output(), request.type, request.shape);
                    Sink sum =
                            outputs.sum() == null ? null : files.create(outputs.sum(), request.type, request.shape)) {
                FleetTensors tensors = FleetTensors.from(FileChannels.source(request, input, before))
                        .to(FileChannels.target(output, after));
                if (residual != null) {
                    tensors = tensors.residual(FileChannels.source(request, residual, added));
                }
                if (sum != null) {
                    tensors = tensors.sum(FileChannels.target(sum, FleetChoice.first(request, 0)));
                }
                report = fleet.normalize(spec, request.type, tensors, request.shape);
                shares = Shapes.elements(request.shape) == 0
                        ? ""
                        : fleet.explain(spec, request.type, tensors, request.shape);
            }
            RunCheck check = checked == 0
                    ? null
                    : new RunCheck(
                            request,
                            parameters,
                            checked,
                            before.plus(added).values(),
                            after.values(),
                            RunSummary.SETS_SHOWN);
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(report, shares, check);
        }
    }
}
