CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE enterprise (
    id SERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    time_zone TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_enterprise PRIMARY KEY (id),
    CONSTRAINT uq_enterprise_name UNIQUE (name)
);
CREATE TABLE message_day (
    day INTEGER NOT NULL,
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    CONSTRAINT pk_message_day PRIMARY KEY (day)
);
CREATE TABLE delivery_reason (
    id SERIAL NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    template TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_delivery_reason PRIMARY KEY (id),
    CONSTRAINT uq_delivery_reason_code_template UNIQUE (code, template)
);
CREATE TABLE delivery (
    id BIGINT NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    message_id BIGINT NOT NULL,
    context_id INTEGER NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    sent_told SMALLINT NOT NULL,
    status SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    reason_id INTEGER NOT NULL,
    said TEXT COLLATE "C" NOT NULL,
    history TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (id)
);
CREATE INDEX ix_delivery_wrong ON delivery (enterprise_id, id, customer_id, status, at, reason_id, recipient) WHERE status >= 4;
CREATE INDEX ix_delivery_message ON delivery (message_id, status, id);
CREATE TABLE delivery_key (
    level SMALLINT NOT NULL,
    recipient BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    id BIGINT NOT NULL,
    CONSTRAINT pk_delivery_key PRIMARY KEY (level, recipient, digest)
);
CREATE TABLE message_outcome (
    message_id BIGINT NOT NULL,
    queued BIGINT DEFAULT 0 NOT NULL,
    deferred BIGINT DEFAULT 0 NOT NULL,
    sent BIGINT DEFAULT 0 NOT NULL,
    delivered BIGINT DEFAULT 0 NOT NULL,
    bounced BIGINT DEFAULT 0 NOT NULL,
    failed BIGINT DEFAULT 0 NOT NULL,
    rejected BIGINT DEFAULT 0 NOT NULL,
    complained BIGINT DEFAULT 0 NOT NULL,
    given SMALLINT NOT NULL,
    given_sent BIGINT,
    given_failed BIGINT,
    given_bounced BIGINT,
    CONSTRAINT pk_message_outcome PRIMARY KEY (message_id)
);
CREATE TABLE delivery_block (
    message_id BIGINT NOT NULL,
    status SMALLINT NOT NULL,
    first_id BIGINT NOT NULL,
    deliveries INTEGER NOT NULL,
    CONSTRAINT pk_delivery_block PRIMARY KEY (message_id, status, first_id)
);
CREATE TABLE delivery_tally (
    message_id BIGINT NOT NULL,
    status SMALLINT NOT NULL,
    reason_id INTEGER NOT NULL,
    deliveries BIGINT NOT NULL,
    CONSTRAINT pk_delivery_tally PRIMARY KEY (message_id, status, reason_id)
);
CREATE TABLE retention (
    id INTEGER NOT NULL,
    detail_from BIGINT NOT NULL,
    CONSTRAINT pk_retention PRIMARY KEY (id),
    CONSTRAINT ck_retention_single CHECK (id = 1)
);
CREATE TABLE audit (
    id BIGSERIAL NOT NULL,
    at BIGINT NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);
CREATE INDEX ix_audit_at ON audit (at);
CREATE TABLE customer (
    enterprise_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    sort_name TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (enterprise_id, id),
    CONSTRAINT uq_customer_enterprise_id_name UNIQUE (enterprise_id, name),
    CONSTRAINT fk_customer_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT uq_customer_id UNIQUE (id)
);
CREATE INDEX ix_customer_enterprise_id_sort_name_id ON customer (enterprise_id, sort_name, id);
CREATE TABLE enterprise_traffic (
    enterprise_id INTEGER NOT NULL,
    span INTEGER NOT NULL,
    bucket BIGINT NOT NULL,
    email_sent BIGINT DEFAULT 0 NOT NULL,
    email_failed BIGINT DEFAULT 0 NOT NULL,
    email_bounced BIGINT DEFAULT 0 NOT NULL,
    email_messages BIGINT DEFAULT 0 NOT NULL,
    email_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    email_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_sent BIGINT DEFAULT 0 NOT NULL,
    sms_failed BIGINT DEFAULT 0 NOT NULL,
    sms_bounced BIGINT DEFAULT 0 NOT NULL,
    sms_messages BIGINT DEFAULT 0 NOT NULL,
    sms_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_enterprise_traffic PRIMARY KEY (enterprise_id, span, bucket),
    CONSTRAINT fk_enterprise_traffic_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE TABLE message (
    id BIGSERIAL NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    channel SMALLINT NOT NULL,
    sent BIGINT NOT NULL,
    failed BIGINT,
    bounced BIGINT,
    sent_at BIGINT NOT NULL,
    sent_by TEXT COLLATE "C" NOT NULL,
    lists TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_message PRIMARY KEY (id),
    CONSTRAINT uq_message_enterprise_id_external_id UNIQUE (enterprise_id, external_id),
    CONSTRAINT fk_message_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT ck_message_channel CHECK (channel IN (0, 1)),
    CONSTRAINT ck_message_amounts CHECK (sent >= 0 AND failed >= 0 AND bounced >= 0)
);
CREATE INDEX ix_message_enterprise ON message (enterprise_id, sent_at, id, customer_id, channel, sent, failed, bounced);
CREATE INDEX ix_message_customer ON message (enterprise_id, customer_id, sent_at, id, channel, sent, failed, bounced);
CREATE TABLE customer_traffic (
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    span INTEGER NOT NULL,
    bucket BIGINT NOT NULL,
    email_sent BIGINT DEFAULT 0 NOT NULL,
    email_failed BIGINT DEFAULT 0 NOT NULL,
    email_bounced BIGINT DEFAULT 0 NOT NULL,
    email_messages BIGINT DEFAULT 0 NOT NULL,
    email_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    email_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_sent BIGINT DEFAULT 0 NOT NULL,
    sms_failed BIGINT DEFAULT 0 NOT NULL,
    sms_bounced BIGINT DEFAULT 0 NOT NULL,
    sms_messages BIGINT DEFAULT 0 NOT NULL,
    sms_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_customer_traffic PRIMARY KEY (enterprise_id, customer_id, span, bucket),
    CONSTRAINT fk_customer_traffic_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id)
);
CREATE TABLE customer_running (
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    bucket BIGINT NOT NULL,
    email_sent BIGINT DEFAULT 0 NOT NULL,
    email_failed BIGINT DEFAULT 0 NOT NULL,
    email_bounced BIGINT DEFAULT 0 NOT NULL,
    email_messages BIGINT DEFAULT 0 NOT NULL,
    email_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    email_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_sent BIGINT DEFAULT 0 NOT NULL,
    sms_failed BIGINT DEFAULT 0 NOT NULL,
    sms_bounced BIGINT DEFAULT 0 NOT NULL,
    sms_messages BIGINT DEFAULT 0 NOT NULL,
    sms_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_customer_running PRIMARY KEY (enterprise_id, customer_id, bucket),
    CONSTRAINT fk_customer_running_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id)
);
CREATE TABLE removed_traffic (
    enterprise_id INTEGER NOT NULL,
    bucket BIGINT NOT NULL,
    customer_id INTEGER NOT NULL,
    email_sent BIGINT DEFAULT 0 NOT NULL,
    email_failed BIGINT DEFAULT 0 NOT NULL,
    email_bounced BIGINT DEFAULT 0 NOT NULL,
    email_messages BIGINT DEFAULT 0 NOT NULL,
    email_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    email_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_sent BIGINT DEFAULT 0 NOT NULL,
    sms_failed BIGINT DEFAULT 0 NOT NULL,
    sms_bounced BIGINT DEFAULT 0 NOT NULL,
    sms_messages BIGINT DEFAULT 0 NOT NULL,
    sms_failed_unknown BIGINT DEFAULT 0 NOT NULL,
    sms_bounced_unknown BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_removed_traffic PRIMARY KEY (enterprise_id, bucket, customer_id),
    CONSTRAINT fk_removed_traffic_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id)
);
CREATE TABLE transaction (
    id BIGSERIAL NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER,
    external_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    channel SMALLINT NOT NULL,
    credits BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    requested_at BIGINT NOT NULL,
    processed_at BIGINT,
    requested_by TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_transaction PRIMARY KEY (id),
    CONSTRAINT uq_transaction_enterprise_id_external_id UNIQUE (enterprise_id, external_id),
    CONSTRAINT fk_transaction_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT fk_transaction_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_transaction_customer ON transaction (enterprise_id, customer_id, kind, requested_at, id, status);
CREATE INDEX ix_transaction_enterprise ON transaction (enterprise_id, kind, requested_at, id, status);
CREATE TABLE "user" (
    id SERIAL NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    enterprise_id INTEGER,
    customer_id INTEGER,
    time_zone TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_user PRIMARY KEY (id),
    CONSTRAINT fk_user_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT uq_user_login UNIQUE (login),
    CONSTRAINT fk_user_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE TABLE delivery_context (
    id SERIAL NOT NULL,
    enterprise_id INTEGER NOT NULL,
    message_id BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    customer_id INTEGER NOT NULL,
    channel SMALLINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    told_message TEXT COLLATE "C" NOT NULL,
    campaign TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    sent_by TEXT COLLATE "C" NOT NULL,
    lists TEXT COLLATE "C" NOT NULL,
    deliveries BIGINT NOT NULL,
    CONSTRAINT pk_delivery_context PRIMARY KEY (id),
    CONSTRAINT fk_delivery_context_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT fk_delivery_context_message_id FOREIGN KEY(message_id) REFERENCES message (id),
    CONSTRAINT uq_delivery_context_digest UNIQUE (digest)
);
CREATE INDEX ix_delivery_context_customer_id ON delivery_context (message_id, customer_id);
CREATE INDEX ix_delivery_context_subject ON delivery_context (message_id, subject);
CREATE INDEX ix_delivery_context_campaign ON delivery_context (message_id, campaign);
CREATE INDEX ix_delivery_context_sent_by ON delivery_context (message_id, sent_by);
CREATE INDEX ix_delivery_context_lists ON delivery_context (message_id, lists);
CREATE INDEX ix_delivery_context_channel ON delivery_context (message_id, channel);
CREATE TABLE user_key (
    id SERIAL NOT NULL,
    user_id INTEGER NOT NULL,
    algorithm TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    data BYTEA NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    added_at BIGINT NOT NULL,
    CONSTRAINT pk_user_key PRIMARY KEY (id),
    CONSTRAINT fk_user_key_user_id FOREIGN KEY(user_id) REFERENCES "user" (id) ON DELETE CASCADE,
    CONSTRAINT uq_user_key_fingerprint UNIQUE (fingerprint),
    CONSTRAINT uq_user_key_data UNIQUE (data)
);
CREATE INDEX ix_user_key_user_id ON user_key (user_id);
GRANT USAGE ON SCHEMA public TO msglog_reader;
GRANT SELECT ON alembic_version TO msglog_reader;
ALTER TABLE "audit" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "delivery" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery" TO msglog_reader;
CREATE POLICY scope ON "delivery" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "delivery_block" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery_block" TO msglog_reader;
CREATE POLICY scope ON "delivery_block" FOR SELECT TO msglog_reader USING (EXISTS (SELECT FROM message WHERE message.id = message_id));
ALTER TABLE "delivery_key" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery_key" TO msglog_reader;
CREATE POLICY scope ON "delivery_key" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) IN ('everything', 'enterprise', 'customer'));
ALTER TABLE "delivery_reason" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery_reason" TO msglog_reader;
CREATE POLICY scope ON "delivery_reason" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) IN ('everything', 'enterprise', 'customer'));
ALTER TABLE "delivery_tally" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery_tally" TO msglog_reader;
CREATE POLICY scope ON "delivery_tally" FOR SELECT TO msglog_reader USING (EXISTS (SELECT FROM message WHERE message.id = message_id));
ALTER TABLE "enterprise" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "enterprise" TO msglog_reader;
CREATE POLICY scope ON "enterprise" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int));
ALTER TABLE "message_day" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "message_day" TO msglog_reader;
CREATE POLICY scope ON "message_day" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) IN ('everything', 'enterprise', 'customer'));
ALTER TABLE "message_outcome" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "message_outcome" TO msglog_reader;
CREATE POLICY scope ON "message_outcome" FOR SELECT TO msglog_reader USING (EXISTS (SELECT FROM message WHERE message.id = message_id));
ALTER TABLE "retention" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "retention" TO msglog_reader;
CREATE POLICY scope ON "retention" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) IN ('everything', 'enterprise', 'customer'));
ALTER TABLE "customer" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "customer" TO msglog_reader;
CREATE POLICY scope ON "customer" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "enterprise_traffic" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "enterprise_traffic" TO msglog_reader;
CREATE POLICY scope ON "enterprise_traffic" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND (SELECT current_setting('msglog.reach', true)) = 'enterprise'));
ALTER TABLE "customer_running" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "customer_running" TO msglog_reader;
CREATE POLICY scope ON "customer_running" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "customer_traffic" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "customer_traffic" TO msglog_reader;
CREATE POLICY scope ON "customer_traffic" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "message" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "message" TO msglog_reader;
CREATE POLICY scope ON "message" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "removed_traffic" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "removed_traffic" TO msglog_reader;
CREATE POLICY scope ON "removed_traffic" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "transaction" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "transaction" TO msglog_reader;
CREATE POLICY scope ON "transaction" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND (SELECT current_setting('msglog.reach', true)) = 'enterprise'));
ALTER TABLE "user" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "user" TO msglog_reader;
CREATE POLICY scope ON "user" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) OR (role = 'operator' AND (SELECT current_setting('msglog.reach', true)) IN ('everything', 'enterprise', 'customer')));
ALTER TABLE "delivery_context" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON "delivery_context" TO msglog_reader;
CREATE POLICY scope ON "delivery_context" FOR SELECT TO msglog_reader USING ((SELECT current_setting('msglog.reach', true)) = 'everything' OR (enterprise_id = (SELECT nullif(current_setting('msglog.enterprise', true), '')::int) AND ((SELECT current_setting('msglog.reach', true)) = 'enterprise' OR customer_id = (SELECT nullif(current_setting('msglog.customer', true), '')::int))));
ALTER TABLE "user_key" ENABLE ROW LEVEL SECURITY;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ix_message_text ON message USING gin ((fold(subject || chr(1) || sent_by || chr(1) || lists)) gin_trgm_ops);
ALTER INDEX ix_message_text ALTER COLUMN 1 SET STATISTICS 1000;
CREATE INDEX ix_delivery_domain ON delivery (enterprise_id, (split_part(recipient, '@', -1)), id, customer_id);
CREATE FUNCTION message_candidates(
    patterns text[], lowest bigint, highest bigint, first bigint, after bigint, most int)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = public, pg_temp AS $$
DECLARE
whose text;
BEGIN
CASE current_setting('msglog.reach', true)
WHEN 'everything' THEN whose := 'true';
WHEN 'enterprise' THEN whose := format('enterprise_id = %s', current_setting('msglog.enterprise')::int);
WHEN 'customer' THEN whose := format('enterprise_id = %s AND customer_id = %s',
    current_setting('msglog.enterprise')::int, current_setting('msglog.customer')::int);
ELSE RETURN;
END CASE;
RETURN QUERY EXECUTE format(
    'SELECT id FROM message WHERE (%s) AND %s AND id BETWEEN %s AND %s AND sent_at >= %s AND sent_at < %s '
    'ORDER BY id DESC LIMIT %s',
    (SELECT string_agg(format('fold(subject || chr(1) || sent_by || chr(1) || lists) LIKE %L', pattern), ' OR ') FROM unnest(patterns) AS pattern),
    whose, lowest, highest, first, after, most);
END $$;
CREATE FUNCTION refuse_to_shrink() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit can only grow'; END $$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_shrink();
REVOKE EXECUTE ON FUNCTION message_candidates FROM PUBLIC;
GRANT EXECUTE ON FUNCTION message_candidates TO msglog_reader;
INSERT INTO alembic_version (version_num) VALUES ('3') RETURNING alembic_version.version_num;
