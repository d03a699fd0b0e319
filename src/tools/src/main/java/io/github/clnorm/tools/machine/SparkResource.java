package io.github.clnorm.tools.machine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/** What a discovery script prints for Apache Spark: a resource and the addresses that it may assign. */
final class SparkResource {

    private static final String NAME = "gpu";

    private SparkResource() {}

    /** One line of JSON. */
    static String of(List<String> addresses) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode().put("name", NAME);
        ArrayNode nodes = root.putArray("addresses");
        addresses.forEach(nodes::add);
        return mapper.writeValueAsString(root);
    }
}
