-- How the instalments of earlier credits with us were paid, one row for each client who had any to pay.
-- Instalments due before the day of the application, with the payments received by then. An instalment can be
-- paid in several rows: it is late by its last payment, or by today where nothing came.
with paid as (
    select
        SK_ID_CURR,
        cast(DAYS_INSTALMENT as bigint) as DUE_DAY,
        cast(max(AMT_INSTALMENT) as double) as DUE,
        cast(
            coalesce(sum(cast(AMT_PAYMENT as decimal(18, 3))) filter (where DAYS_ENTRY_PAYMENT <= 0), 0) as double
        ) as PAID,
        max(cast(DAYS_ENTRY_PAYMENT as bigint)) filter (
            where DAYS_ENTRY_PAYMENT <= 0 and AMT_PAYMENT > 0
        ) as PAID_DAY
    from installments_payments
    where DAYS_INSTALMENT < 0
    group by SK_ID_CURR, SK_ID_PREV, NUM_INSTALMENT_VERSION, NUM_INSTALMENT_NUMBER, DAYS_INSTALMENT
),
told as (
    select
        SK_ID_CURR,
        DUE_DAY,
        -- A hundredth of an instalment is rounding, not a debt.
        case when PAID < 0.99 * DUE then 1 else 0 end as IS_SHORT,
        case when coalesce(PAID_DAY, 0) > DUE_DAY then coalesce(PAID_DAY, 0) - DUE_DAY else 0 end as LATE
    from paid
    where DUE > 0
),
summed as (
    select
        SK_ID_CURR,
        cast(count(*) as double) as INSTALMENTS,
        cast(count(*) filter (where LATE > 0) as double) as LATE_COUNT,
        cast(count(*) filter (where DUE_DAY >= -365) as double) as RECENT,
        cast(count(*) filter (where DUE_DAY >= -365 and LATE > 0) as double) as LATE_RECENT,
        cast(count(*) filter (where DUE_DAY < -365) as double) as EARLIER,
        cast(count(*) filter (where DUE_DAY < -365 and LATE > 0) as double) as LATE_EARLIER,
        cast(sum(IS_SHORT) as double) as SHORT_COUNT,
        cast(sum(LATE) as double) as DAYS_LATE,
        cast(max(LATE) as double) as WORST
    from told
    group by SK_ID_CURR
)
select
    SK_ID_CURR,
    INSTALMENTS as INSTALMENTS_COUNT,
    LATE_COUNT / INSTALMENTS as INSTALMENTS_LATE_SHARE,
    LATE_RECENT / nullif(RECENT, 0) as INSTALMENTS_LATE_RECENT,
    LATE_EARLIER / nullif(EARLIER, 0) as INSTALMENTS_LATE_BEFORE,
    SHORT_COUNT / INSTALMENTS as INSTALMENTS_SHORT_SHARE,
    DAYS_LATE / INSTALMENTS as INSTALMENTS_DAYS_LATE,
    WORST as INSTALMENTS_WORST
from summed
