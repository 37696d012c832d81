import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Secrets from the secret agent on this host; keeps each until its expires_at, no longer. May be shared by threads.
 * Java 17 or newer, no packages. Sockets are not for java.net.http: give it a port.
 */
public final class SecretAgent {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long LONGEST_WAIT_SECONDS = 30;

    /** A user name and a password. Its text, such as in a log, is without the password. */
    public record Secret(String id, String username, String password, Instant expiresAt) {
        @Override
        public String toString() {
            return id + " (user " + username + ", until " + expiresAt + ")";
        }
    }

    /** The agent's no: a stable code, what it means, and what to do about it. */
    public static final class Refusal extends IOException {
        private static final long serialVersionUID = 1;
        public final int status;
        public final String code;

        Refusal(int status, Map<String, String> problem) {
            super(problem.get("code") + ": " + problem.get("detail") + "\n  " + problem.get("mend"));
            this.status = status;
            this.code = problem.get("code");
        }
    }

    private final String address;
    private final Map<String, Secret> kept = new ConcurrentHashMap<>();
    // HTTP/1.1: the agent speaks no other. By default this client follows no redirect.
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY).connectTimeout(TIMEOUT).build();

    /** The agent of SEGURA_AGENT_ADDRESS, else of http://localhost:8787. */
    public SecretAgent() {
        this(System.getenv().getOrDefault("SEGURA_AGENT_ADDRESS", "http://localhost:8787"));
    }

    public SecretAgent(String address) {
        URI uri = URI.create(address);
        if (uri.getHost() == null) throw new IllegalArgumentException("write http://localhost:8787 or https://host:port");
        if (!"https".equals(uri.getScheme()) && !List.of("localhost", "127.0.0.1", "[::1]").contains(uri.getHost())) {
            throw new IllegalArgumentException("http:// to another host would send token and secret unencrypted: use https://");
        }
        this.address = address.replaceAll("/$", "");
    }

    /** The secret as it may be used now. @throws Refusal, or another IOException when no agent answers */
    public Secret secret(String id) throws IOException, InterruptedException {
        Secret known = kept.get(id);
        if (known != null && Instant.now().isBefore(known.expiresAt())) return known;
        Secret secret = askPatiently(id);
        kept.put(id, secret);
        return secret;
    }

    /** What to log in with when a secret was refused, because it was rotated; empty when the agent has nothing else. */
    public Optional<Secret> afterRefusal(Secret refused) throws IOException, InterruptedException {
        kept.remove(refused.id(), refused);
        Secret secret = secret(refused.id());
        boolean isSame = secret.username().equals(refused.username()) && secret.password().equals(refused.password());
        return isSame ? Optional.empty() : Optional.of(secret);
    }

    /** Asks again when the agent says how soon that makes sense. */
    private Secret askPatiently(String id) throws IOException, InterruptedException {
        for (long waited = 0;;) {
            HttpResponse<String> response = ask(id);
            Map<String, String> answer = readFlatJson(response.body());
            if (response.statusCode() == 200 && answer.containsKey("password")) {
                return new Secret(answer.get("secret_id"), answer.get("username"), answer.get("password"),
                        Instant.parse(answer.get("expires_at")));
            }
            if (!answer.containsKey("code")) throw new IOException("what answers at " + address + " is no secret agent");
            long seconds = response.headers().firstValueAsLong("Retry-After").orElse(0);
            if (seconds == 0 || waited + seconds > LONGEST_WAIT_SECONDS) throw new Refusal(response.statusCode(), answer);
            Thread.sleep(Duration.ofSeconds(seconds).toMillis());
            waited += seconds;
        }
    }

    private HttpResponse<String> ask(String id) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + "/secret/" + id)).timeout(TIMEOUT);
        String token = token();
        if (token != null) request.header("Authorization", "Bearer " + token);
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** Read each time: beside a sidecar the file holds another token when the agent has started anew. */
    private static String token() throws IOException {
        String token = System.getenv("SEGURA_AGENT_TOKEN");
        String file = System.getenv("SEGURA_AGENT_TOKEN_FILE");
        if (token != null && !token.isEmpty()) return token;
        return file == null || file.isEmpty() ? null : Files.readString(Path.of(file)).strip();
    }

    /** An object of texts and numbers, which is all that the agent sends; the JDK has no JSON. With Jackson or Gson at hand, use that. */
    private static Map<String, String> readFlatJson(String json) {
        Map<String, String> fields = new HashMap<>();
        String name = null;
        for (int at = 0; at < json.length(); at++) {
            if (json.charAt(at) != '"') continue;
            StringBuilder text = new StringBuilder();
            for (at++; at < json.length() && json.charAt(at) != '"'; at++) {
                if (json.charAt(at) != '\\' || at + 1 == json.length()) {
                    text.append(json.charAt(at));
                    continue;
                }
                char escape = json.charAt(++at);
                int control = "btnfr".indexOf(escape);
                if (escape == 'u' && at + 4 < json.length()) {
                    text.append((char) Integer.parseInt(json.substring(at + 1, at + 5), 16));
                    at += 4;
                } else text.append(control < 0 ? escape : "\b\t\n\f\r".charAt(control));
            }
            boolean isName = name == null || json.startsWith(":", at + 1);
            if (!isName) fields.put(name, text.toString());
            name = isName ? text.toString() : null;
        }
        return fields;
    }

    /** java SecretAgent.java [secret id] [url]: logs in at a web server (HTTP Basic) each time that you press Enter. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            SecretAgent agent = new SecretAgent();
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
            while (lines.readLine() != null) {
                System.out.println("logged in with " + logInWithCurrent(agent, arguments[0], URI.create(arguments[1])));
            }
        } catch (IOException | IllegalArgumentException error) {
            System.err.println(error.getMessage() == null ? error : error.getMessage());
            System.exit(1);
        }
    }

    /**
     * Logs in; when the password was rotated meanwhile, once more with the new one.
     * The same one is not tried twice: accounts get locked.
     */
    private static Secret logInWithCurrent(SecretAgent agent, String id, URI url) throws IOException, InterruptedException {
        Secret secret = agent.secret(id);
        if (logIn(url, secret)) return secret;
        Optional<Secret> other = agent.afterRefusal(secret);
        if (other.isPresent() && logIn(url, other.get())) return other.get();
        throw new IOException("the login was refused");
    }

    private static boolean logIn(URI url, Secret secret) throws IOException, InterruptedException {
        byte[] credentials = (secret.username() + ":" + secret.password()).getBytes(StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials)).build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode() == 200;
    }
}
