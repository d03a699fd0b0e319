package io.github.clnorm.tools.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.NormSpec;
import io.github.clnorm.tools.measure.Workload;

/** Describes a workload in JSON, with the same names in every document. */
public final class WorkloadJson {
    private WorkloadJson() {}

    /** Adds the description to a node, and returns the node. */
    public static ObjectNode describe(ObjectNode node, Workload workload) {
        node.put("workload", workload.name())
                .put("operation", workload.operation().toString());
        ArrayNode dimensions = node.putArray("dimensions");
        workload.dimensions().forEach(dimensions::add);
        if (workload.operation().takes(NormSpec.Argument.NUM_GROUPS)) {
            node.put("num_groups", workload.numGroups());
        } else {
            node.putNull("num_groups");
        }
        if (!workload.plain()) {
            node.put("additions", workload.additions().toString());
        }
        node.put("dtype", workload.type().toString())
                .put(
                        "layout",
                        workload.operation().takes(NormSpec.Argument.LAYOUT)
                                ? workload.layout().toString()
                                : null);
        return node;
    }
}
