package io.github.clnorm.tools.survey;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.tools.conformance.Conformance;
import io.github.clnorm.tools.conformance.ConformanceReport;
import io.github.clnorm.tools.terminal.ProgressLine;
import io.github.clnorm.tools.verify.VerifyJson;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** The table of {@code clnorm verify}. */
final class VerifyStage implements Stage {

    private final SurveyDocument document;
    private final DeviceInfo device;
    private final ProgressLine line;

    VerifyStage(SurveyDocument document, DeviceInfo device, ProgressLine line) {
        this.document = document;
        this.device = device;
        this.line = line;
    }

    @Override
    public Outcome run(BooleanSupplier stop) throws IOException {
        int[] counted = {0, 0};
        try (Backend backend = Backend.open(device)) {
            ConformanceReport report = Conformance.run(
                    backend,
                    "",
                    (done, all, name) -> {
                        counted[0] = done + 1;
                        counted[1] = all;
                        line.show(done, all, "verify " + name);
                    },
                    stop);
            VerifyJson json = new VerifyJson();
            json.add(report);
            document.put("verify", json.root());
            if (!report.passed()) {
                return Outcome.error(report.failures().size() + " of " + report.cases() + " cases failed");
            }
        }
        return counted[0] < counted[1] || counted[1] == 0
                ? Outcome.cutShort(counted[0] + " of " + counted[1] + " cases ran")
                : Outcome.OK;
    }
}
