package io.github.clnorm.bench.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Named tensors. Equal tensors are stored once, under the first name. */
final class TensorStore {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, String> nameOfContent = new HashMap<>();

    private record Entry(String name, String type, int elementSize, long[] shape, byte[] bytes) {}

    /** Stores the current values of a tensor and returns its name. */
    String add(String name, Tensor tensor) {
        String type =
                switch (tensor.scalar_type().intern()) {
                    case Float -> "F32";
                    case Double -> "F64";
                    case Half -> "F16";
                    case BFloat16 -> "BF16";
                    default -> throw new IllegalArgumentException(name + " is of type " + tensor.scalar_type());
                };
        Entry entry = new Entry(name, type, (int) tensor.element_size(), tensor.shape(), Torch.bytes(tensor));
        String content =
                type + Arrays.toString(entry.shape) + Base64.getEncoder().encodeToString(entry.bytes);
        String known = nameOfContent.putIfAbsent(content, name);
        if (known != null) {
            return known;
        }
        if (!names.add(name)) {
            throw new IllegalArgumentException("two tensors " + name);
        }
        entries.add(entry);
        return name;
    }

    int size() {
        return entries.size();
    }

    /** All tensors as one <a href="https://github.com/huggingface/safetensors#format">safetensors</a> file. */
    byte[] safetensors() {
        List<Entry> sorted = new ArrayList<>(entries);
        // Wide elements first: every tensor is aligned to its element.
        sorted.sort(Comparator.comparing(entry -> -entry.elementSize));
        ObjectNode header = MAPPER.createObjectNode();
        int offset = 0;
        for (Entry entry : sorted) {
            int end = offset + entry.bytes.length;
            header.putObject(entry.name)
                    .put("dtype", entry.type)
                    .putPOJO("shape", entry.shape)
                    .putPOJO("data_offsets", new int[] {offset, end});
            offset = end;
        }
        String text = header.toString();
        byte[] head = (text + " ".repeat(Math.floorMod(-text.length(), 8))).getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + head.length + offset).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(head.length).put(head);
        sorted.forEach(entry -> file.put(entry.bytes));
        return file.array();
    }
}
