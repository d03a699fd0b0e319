package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.device.Finding;
import io.github.clnorm.tools.machine.Checkup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The findings of {@code clnorm doctor}, and the machine that they are of. */
final class DoctorStage implements Stage {

    private final SurveyDocument document;

    DoctorStage(SurveyDocument document) {
        this.document = document;
    }

    @Override
    public Outcome run(BooleanSupplier stop) throws IOException {
        List<Finding> findings = new ArrayList<>();
        int working = 0;
        try {
            working = new Checkup(findings::add, device -> {}).run();
        } finally {
            document.put("doctor", node(working, findings));
        }
        return working > 0 ? Outcome.OK : Outcome.error(problem(findings));
    }

    /** What is wrong first: the loader comes before the drivers. */
    private static String problem(List<Finding> findings) {
        return "no device works"
                + findings.stream()
                        .filter(finding ->
                                finding.state() != Finding.State.OK && finding.state() != Finding.State.UNUSED)
                        .findFirst()
                        .map(finding -> ": " + finding.subject() + ": " + finding.detail())
                        .orElse("");
    }

    private static ObjectNode node(int working, List<Finding> findings) {
        ObjectNode node = SurveyDocument.object();
        node.put("os", System.getProperty("os.name"))
                .put("arch", System.getProperty("os.arch"))
                .put("java", System.getProperty("java.runtime.version"))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("working_devices", working);
        ArrayNode list = node.putArray("findings");
        for (Finding finding : findings) {
            list.addObject()
                    .put("state", finding.state().word())
                    .put("subject", finding.subject())
                    .put("detail", finding.detail())
                    .put("remedy", finding.remedy());
        }
        return node;
    }
}
