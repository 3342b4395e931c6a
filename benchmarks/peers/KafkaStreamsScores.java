import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The simple workload in Kafka Streams: exactly_once_v2, one thread; arguments BROKER PREFIX FOLDER rocksdb|memory. */
public final class KafkaStreamsScores {
    private static final double HALF_LIFE_US = 7.0 * 24 * 3600 * 1_000_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private KafkaStreamsScores() {}

    /** State of a key: events seen, score, instant of the last event. */
    private static final class Score implements Processor<byte[], byte[], byte[], byte[]> {
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<byte[], byte[]> store;

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
            store = given.getStateStore("totals");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                JsonNode event = JSON.readTree(record.value());
                long at = event.get("at").longValue();
                byte[] found = store.get(record.key());
                long count = 0;
                double score = 0;
                long since = at;
                if (found != null) {
                    ByteBuffer state = ByteBuffer.wrap(found);
                    count = state.getLong();
                    score = state.getDouble();
                    since = state.getLong();
                }
                count += 1;
                score = score * Math.pow(0.5, (at - since) / HALF_LIFE_US) + event.get("points").longValue();
                store.put(record.key(), ByteBuffer.allocate(24).putLong(count).putDouble(score).putLong(at).array());
                ObjectNode told = JSON.createObjectNode();
                told.put("lead", event.get("lead").textValue());
                told.put("cause", event.get("id").textValue());
                told.put("events", count);
                told.put("score", score);
                told.put("at", at);
                context.forward(record.withValue(JSON.writeValueAsBytes(told)));
            } catch (java.io.IOException exc) {
                throw new java.io.UncheckedIOException(exc);
            }
        }
    }

    /** Runs until it is told to stop. */
    public static void main(String[] arguments) throws InterruptedException {
        String prefix = arguments[1];
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "kafka-streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put("auto.offset.reset", "earliest");
        KeyValueBytesStoreSupplier kind = arguments[3].equals("memory")
                ? Stores.inMemoryKeyValueStore("totals") : Stores.persistentKeyValueStore("totals");
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(kind, Serdes.ByteArray(), Serdes.ByteArray()));
        builder.stream(prefix + "events", Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .process(Score::new, "totals")
                .to(prefix + "scores", Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close();
            stopped.countDown();
        }));
        streams.start();
        stopped.await();
    }
}
