package io.github.clnorm.tools.compilers;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.internal.runtime.KernelSource;
import io.github.clnorm.tools.terminal.JsonDocument;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The figures as JSON. */
final class KernelJson {

    private KernelJson() {}

    static String text(Collection<KernelFacts> all, List<Violation> violations) throws IOException {
        JsonDocument document = new JsonDocument().version().date();
        document.root().put("kernels", KernelSource.hash());
        ArrayNode rows = document.root().putArray("results");
        all.forEach(facts -> add(rows.addObject(), facts));
        ArrayNode broken = document.root().putArray("violations");
        for (Violation violation : violations) {
            ObjectNode node = broken.addObject();
            node.put("rule", violation.rule().toString());
            name(node, violation.planned());
            node.put("figures", violation.figures());
        }
        return document.text();
    }

    private static void name(ObjectNode node, PlannedKernel planned) {
        KernelBuild build = planned.build();
        node.put("target", planned.target().toString())
                .put("kernel", build.kernel())
                .put("storage", build.storage())
                .put("variant", build.variant());
    }

    private static void add(ObjectNode node, KernelFacts facts) {
        name(node, facts.planned());
        node.put("options", facts.planned().build().options())
                .put("passes", facts.planned().count())
                .put("example", facts.planned().example());
        facts.compiled().messages().forEach(node.withArray("messages")::add);
        if (!facts.compiled().built()) {
            return;
        }
        Resources resources = facts.compiled().resources();
        node.put("registers", resources.registers())
                .put("scratch_bytes", resources.scratchBytes())
                .put("spills", resources.spills())
                .put("scalar_spills", resources.scalarSpills())
                .put("simd", resources.simd())
                .put("local_bytes", facts.localBytes())
                .put("barriers", facts.barriers())
                .put("divisions_in_loops", facts.divisions());
        JsonDocument.number(node, "occupancy", facts.occupancy());
        path(node.putObject("read"), facts.read());
        JsonDocument.number(node, "instructions_per_read", facts.instructionsPerRead());
        path(node.putObject("write"), facts.write());
        JsonDocument.number(node, "instructions_per_write", facts.instructionsPerWrite());
    }

    private static void path(ObjectNode node, PathFacts path) {
        node.put("loop", path.loop()).put("instructions", path.instructions()).put("loads_in_flight", path.inFlight());
        widths(node.putObject("loads"), path.loads());
        widths(node.putObject("stores"), path.stores());
    }

    /** How many accesses have a width in bytes. */
    private static void widths(ObjectNode node, Map<Integer, Integer> widths) {
        widths.forEach((bytes, count) -> node.put(bytes.toString(), count));
    }
}
