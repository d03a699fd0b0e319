package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.terminal.CommandClock;
import java.io.IOException;
import java.util.function.Function;

/**
 * Runs a forward pass from files to files. Tensors are transferred in pieces, so Java's heap does not limit their size.
 * A tensor that exceeds the device's largest buffer, or its memory, is processed a few samples at a time. A sample that does,
 * or a batch with statistics of its own, goes through the device twice in pieces.
 */
final class Run {

    private final Request request;
    private final RunCommand.Outputs outputs;
    private final double momentum;
    private final DeviceInfo device;
    private final long mostChecked;
    private Function<DeviceInfo, OpenCl> opener = info -> JoclOpenCl.openBriefly(info, true);

    /**
     * The result, for the summary.
     *
     * @param plan of the first part; null for an empty tensor, which needs none
     * @param timing of all launches
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(Plan plan, Timing timing, RunCheck check) {}

    Run(Request request, RunCommand.Outputs outputs, double momentum, DeviceInfo device, long mostChecked) {
        this.request = request;
        this.outputs = outputs;
        this.momentum = momentum;
        this.device = device;
        this.mostChecked = mostChecked;
    }

    /** Runs with another OpenCL port than JOCL's. */
    Run through(Function<DeviceInfo, OpenCl> port) {
        opener = port;
        return this;
    }

    Result run() throws IOException {
        boolean updates = outputs.runningMean() != null || outputs.runningVar() != null;
        int tensors = 1 + (request.residual != null ? 1 : 0) + (outputs.sum() != null ? 1 : 0);
        Parts parts = new Parts(request, device, tensors, request.samplesStandAlone() && !updates);
        parts.requireWholeSamples();
        ParameterValues parameters = request.parameters.read();
        try (TensorOutput files = new TensorOutput()) {
            ForwardParts.Results results;
            // Closed before any file is replaced: if the device fails here, the old files stay.
            try (Backend backend = CommandClock.open(opener.apply(device), device, request.tuning)) {
                DeviceParameters onDevice = DeviceParameters.of(request, backend, parameters, updates);
                results = new ForwardParts(request, outputs, momentum, mostChecked, backend, parameters, onDevice)
                        .run(parts, files);
            }
            RunCheck check = check(parameters, results);
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(results.plan(), results.timing(), check);
        }
    }

    private RunCheck check(ParameterValues parameters, ForwardParts.Results results) {
        return results.x() == null || results.y() == null
                ? null
                : new RunCheck(
                        request, parameters, results.checkedSamples(), results.x(), results.y(), RunSummary.SETS_SHOWN);
    }
}
