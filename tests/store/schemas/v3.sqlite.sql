CREATE TABLE enterprise (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    time_zone TEXT DEFAULT '' NOT NULL,
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
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    template TEXT NOT NULL,
    CONSTRAINT pk_delivery_reason PRIMARY KEY (id),
    CONSTRAINT uq_delivery_reason_code_template UNIQUE (code, template)
);
CREATE TABLE delivery (
    id INTEGER NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    message_id BIGINT NOT NULL,
    context_id INTEGER NOT NULL,
    delivery_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sent_told SMALLINT NOT NULL,
    status SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    reason_id INTEGER NOT NULL,
    said TEXT NOT NULL,
    history TEXT NOT NULL,
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
)
 WITHOUT ROWID;
CREATE TABLE message_outcome (
    message_id INTEGER NOT NULL,
    queued BIGINT DEFAULT 0 NOT NULL,
    "deferred" BIGINT DEFAULT 0 NOT NULL,
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
)
 WITHOUT ROWID;
CREATE TABLE delivery_tally (
    message_id BIGINT NOT NULL,
    status SMALLINT NOT NULL,
    reason_id INTEGER NOT NULL,
    deliveries BIGINT NOT NULL,
    CONSTRAINT pk_delivery_tally PRIMARY KEY (message_id, status, reason_id)
)
 WITHOUT ROWID;
CREATE TABLE retention (
    id INTEGER NOT NULL,
    detail_from BIGINT NOT NULL,
    CONSTRAINT pk_retention PRIMARY KEY (id),
    CONSTRAINT ck_retention_single CHECK (id = 1)
);
CREATE TABLE audit (
    id INTEGER NOT NULL,
    at BIGINT NOT NULL,
    login TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);
CREATE INDEX ix_audit_at ON audit (at);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TABLE customer (
    enterprise_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    sort_name TEXT NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (enterprise_id, id),
    CONSTRAINT uq_customer_enterprise_id_name UNIQUE (enterprise_id, name),
    CONSTRAINT fk_customer_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id),
    CONSTRAINT uq_customer_id UNIQUE (id)
)
 WITHOUT ROWID;
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
)
 WITHOUT ROWID;
CREATE TABLE message (
    id INTEGER NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    channel SMALLINT NOT NULL,
    sent BIGINT NOT NULL,
    failed BIGINT,
    bounced BIGINT,
    sent_at BIGINT NOT NULL,
    sent_by TEXT NOT NULL,
    lists TEXT NOT NULL,
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
)
 WITHOUT ROWID;
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
)
 WITHOUT ROWID;
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
)
 WITHOUT ROWID;
CREATE TABLE "transaction" (
    id INTEGER NOT NULL,
    enterprise_id INTEGER NOT NULL,
    customer_id INTEGER,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    channel SMALLINT NOT NULL,
    credits BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    processed_at BIGINT,
    requested_by TEXT NOT NULL,
    reference TEXT NOT NULL,
    CONSTRAINT pk_transaction PRIMARY KEY (id),
    CONSTRAINT uq_transaction_enterprise_id_external_id UNIQUE (enterprise_id, external_id),
    CONSTRAINT fk_transaction_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT fk_transaction_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE INDEX ix_transaction_customer ON "transaction" (enterprise_id, customer_id, kind, requested_at, id, status);
CREATE INDEX ix_transaction_enterprise ON "transaction" (enterprise_id, kind, requested_at, id, status);
CREATE TABLE user (
    id INTEGER NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    enterprise_id INTEGER,
    customer_id INTEGER,
    time_zone TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_user PRIMARY KEY (id),
    CONSTRAINT fk_user_enterprise_id_customer_id FOREIGN KEY(enterprise_id, customer_id) REFERENCES customer (enterprise_id, id),
    CONSTRAINT uq_user_login UNIQUE (login),
    CONSTRAINT fk_user_enterprise_id FOREIGN KEY(enterprise_id) REFERENCES enterprise (id)
);
CREATE TABLE delivery_context (
    id INTEGER NOT NULL,
    enterprise_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    digest BIGINT NOT NULL,
    customer_id INTEGER NOT NULL,
    channel SMALLINT NOT NULL,
    source TEXT NOT NULL,
    told_message TEXT NOT NULL,
    campaign TEXT NOT NULL,
    subject TEXT NOT NULL,
    sent_by TEXT NOT NULL,
    lists TEXT NOT NULL,
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
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    data BLOB NOT NULL,
    comment TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    CONSTRAINT pk_user_key PRIMARY KEY (id),
    CONSTRAINT fk_user_key_user_id FOREIGN KEY(user_id) REFERENCES user (id) ON DELETE CASCADE,
    CONSTRAINT uq_user_key_fingerprint UNIQUE (fingerprint),
    CONSTRAINT uq_user_key_data UNIQUE (data)
);
CREATE INDEX ix_user_key_user_id ON user_key (user_id);
CREATE VIRTUAL TABLE message_text USING fts5(body, enterprise, customer, content='', columnsize=0, detail=none, tokenize='trigram');
CREATE VIRTUAL TABLE delivery_domain USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');
PRAGMA application_id = 1836280935;
PRAGMA user_version = 3;
