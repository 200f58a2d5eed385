import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.Yaml;

/** Reads documents, a line of base64 each, and writes for each a line: what SnakeYAML makes of it, as JSON, or null for what it refuses. */
public class SnakeYamlReader {
    public static void main(String[] arguments) throws Exception {
        BufferedReader documents = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = documents.readLine(); line != null; line = documents.readLine()) {
            String text = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            StringBuilder answer = new StringBuilder();
            try {
                write(new Yaml().load(text), answer);
            } catch (RuntimeException refused) {
                answer = new StringBuilder("null");
            } catch (StackOverflowError partOfItself) {
                answer = new StringBuilder("{\"endless\":\"\"}");
            }
            System.out.println(answer);
        }
    }

    private static void write(Object value, StringBuilder to) {
        if (value instanceof Map) {
            writeMap((Map<?, ?>) value, to);
        } else if (value instanceof Set) {
            // What `!!set` makes: written as the mapping that it is in the file.
            writeMap(withoutValues((Set<?>) value), to);
        } else if (value instanceof Object[]) {
            // What `!!pairs` makes of an entry.
            writeMap(Collections.singletonMap(((Object[]) value)[0], ((Object[]) value)[1]), to);
        } else if (value instanceof List) {
            to.append("{\"list\":[");
            String separator = "";
            for (Object item : (List<?>) value) {
                to.append(separator);
                write(item, to);
                separator = ",";
            }
            to.append("]}");
        } else {
            to.append("{\"").append(kindOf(value)).append("\":").append(quote(textOf(value))).append("}");
        }
    }

    private static Map<Object, Object> withoutValues(Set<?> set) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (Object key : set) map.put(key, null);
        return map;
    }

    private static void writeMap(Map<?, ?> map, StringBuilder to) {
        to.append("{\"map\":[");
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            to.append(separator).append("[");
            write(entry.getKey(), to);
            to.append(",");
            write(entry.getValue(), to);
            to.append("]");
            separator = ",";
        }
        to.append("]}");
    }

    private static String kindOf(Object value) {
        if (value == null) return "nothing";
        if (value instanceof String) return "text";
        if (value instanceof Boolean) return "boolean";
        if (value instanceof Float || value instanceof Double) return "fraction";
        if (value instanceof Number) return "whole";
        return value instanceof Date ? "date" : "bytes";
    }

    private static String textOf(Object value) {
        if (value instanceof byte[]) return Base64.getEncoder().encodeToString((byte[]) value);
        return value instanceof Date ? String.valueOf(((Date) value).getTime()) : String.valueOf(value);
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
