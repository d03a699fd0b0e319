package io.github.clnorm.bench.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * State dictionaries as safetensors files, the bytes that {@code safetensors.torch.save_file} writes: libtorch has no
 * code for this format. Independent of clnorm's reader and writer, because it checks them.
 */
final class StateArchive {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    // The format's order of types.
    private static final List<String> WIDEST_FIRST = List.of("I64", "F64", "F32", "BF16", "F16");

    private StateArchive() {}

    static byte[] write(Map<String, Tensor> state) {
        List<String> names = new ArrayList<>(state.keySet());
        names.sort(Comparator.comparing((String name) -> WIDEST_FIRST.indexOf(type(state.get(name))))
                .thenComparing(Comparator.naturalOrder()));
        ObjectNode header = MAPPER.createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        List<byte[]> data = new ArrayList<>();
        int offset = 0;
        for (String name : names) {
            byte[] bytes = Torch.bytes(state.get(name));
            header.putObject(name)
                    .put("dtype", type(state.get(name)))
                    .putPOJO("shape", state.get(name).shape())
                    .putPOJO("data_offsets", new int[] {offset, offset + bytes.length});
            offset += bytes.length;
            data.add(bytes);
        }
        String text = header.toString();
        byte[] head = (text + " ".repeat(Math.floorMod(-text.length(), 8))).getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + head.length + offset).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(head.length).put(head);
        data.forEach(file::put);
        return file.array();
    }

    static Map<String, Tensor> read(byte[] file) throws IOException {
        int headerBytes = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        JsonNode header = MAPPER.readTree(file, 8, headerBytes);
        if (!header.path("__metadata__").path("format").asText().equals("pt")) {
            throw new IllegalStateException("the metadata is not that of PyTorch: " + header.get("__metadata__"));
        }
        Map<String, Tensor> state = new LinkedHashMap<>();
        header.properties().forEach(field -> {
            if (!field.getKey().equals("__metadata__")) {
                JsonNode tensor = field.getValue();
                state.put(field.getKey(), tensor(file, 8 + headerBytes, tensor));
            }
        });
        return state;
    }

    private static Tensor tensor(byte[] file, int dataOffset, JsonNode tensor) {
        int begin = tensor.get("data_offsets").get(0).asInt();
        int count = tensor.get("data_offsets").get(1).asInt() - begin;
        BytePointer bytes = new BytePointer(count);
        bytes.put(file, dataOffset + begin, count);
        long[] shape = MAPPER.convertValue(tensor.get("shape"), long[].class);
        return torch.from_blob(bytes, shape, new TensorOptions(type(tensor.get("dtype").asText())))
                .clone();
    }

    private static String type(Tensor tensor) {
        return switch (tensor.scalar_type().intern()) {
            case Long -> "I64";
            case Float -> "F32";
            case Double -> "F64";
            case Half -> "F16";
            case BFloat16 -> "BF16";
            default -> throw new IllegalArgumentException("a tensor of type " + tensor.scalar_type());
        };
    }

    private static ScalarType type(String name) {
        return switch (name) {
            case "I64" -> ScalarType.Long;
            case "F32" -> ScalarType.Float;
            case "F64" -> ScalarType.Double;
            case "F16" -> ScalarType.Half;
            case "BF16" -> ScalarType.BFloat16;
            default -> throw new IllegalArgumentException("a tensor of type " + name);
        };
    }
}
