-- What the credits in other establishments sum up to, one row for each client who has any.
-- Known on the day of the application: credits opened by then, as they were last told by then.
-- Amounts are added in the first currency only; exact decimals, so that the order of rows changes nothing.
with told as (
    select
        SK_ID_CURR,
        CREDIT_ACTIVE,
        CREDIT_TYPE,
        CREDIT_ACTIVE <> 'Closed' as IS_OPEN,
        cast(DAYS_CREDIT as bigint) as OPENED,
        cast(DAYS_CREDIT_ENDDATE as double) as ENDS,
        case when CREDIT_DAY_OVERDUE > 0 or AMT_CREDIT_SUM_OVERDUE > 0 then 1 else 0 end as IS_LATE,
        cast(CNT_CREDIT_PROLONG as bigint) as PROLONGED,
        coalesce(CREDIT_CURRENCY, 'currency 1') = 'currency 1' as IS_COUNTED,
        cast(case when AMT_CREDIT_SUM > 0 then AMT_CREDIT_SUM end as decimal(18, 3)) as LENT,
        cast(case when AMT_CREDIT_SUM_DEBT < 0 then 0 else AMT_CREDIT_SUM_DEBT end as decimal(18, 3)) as DEBT,
        cast(AMT_CREDIT_SUM_OVERDUE as decimal(18, 3)) as OVERDUE,
        -- What is late today has been late: of most such credits the greatest sum so far is not told.
        cast(
            case
                when AMT_CREDIT_SUM_OVERDUE > coalesce(AMT_CREDIT_MAX_OVERDUE, 0) then AMT_CREDIT_SUM_OVERDUE
                else AMT_CREDIT_MAX_OVERDUE
            end as double
        ) as OVERDUE_MAX,
        cast(AMT_ANNUITY as decimal(18, 3)) as ANNUITY
    from bureau
    where DAYS_CREDIT <= 0 and DAYS_CREDIT_UPDATE <= 0
),
summed as (
    select
        SK_ID_CURR,
        count(*) filter (where IS_OPEN) as OPEN_CREDITS,
        count(*) filter (where CREDIT_ACTIVE = 'Active') as ACTIVE,
        count(*) filter (where CREDIT_ACTIVE = 'Closed') as CLOSED,
        count(*) filter (where CREDIT_ACTIVE in ('Sold', 'Bad debt')) as LOST,
        count(*) filter (where CREDIT_ACTIVE = 'Active' and CREDIT_TYPE = 'Credit card') as CARDS,
        count(*) filter (where OPENED >= -365) as OPENED_YEAR,
        count(*) filter (where IS_OPEN and IS_LATE = 1) as LATE_CREDITS,
        max(OPENED) as LAST_OPENED,
        min(OPENED) as FIRST_OPENED,
        -- The published end of a card, and any fifty years ahead, is a date without meaning.
        max(ENDS) filter (
            where IS_OPEN and CREDIT_TYPE <> 'Credit card' and ENDS < 18262
        ) as LAST_END,
        sum(PROLONGED) as PROLONGED,
        cast(sum(DEBT) filter (where IS_OPEN and IS_COUNTED) as double) as DEBT,
        cast(sum(DEBT) filter (where IS_OPEN and IS_COUNTED and LENT is not null) as double) as DEBT_PART,
        -- Of all that was ever lent: a credit that is repaid then lowers the share, and never raises it.
        cast(sum(LENT) filter (where IS_COUNTED and (not IS_OPEN or DEBT is not null)) as double) as DEBT_WHOLE,
        cast(
            sum(DEBT) filter (
                where CREDIT_ACTIVE = 'Active' and CREDIT_TYPE = 'Credit card' and IS_COUNTED and LENT is not null
            ) as double
        ) as CARD_PART,
        cast(
            sum(LENT) filter (
                where CREDIT_ACTIVE = 'Active' and CREDIT_TYPE = 'Credit card' and IS_COUNTED and DEBT is not null
            ) as double
        ) as CARD_WHOLE,
        cast(sum(ANNUITY) filter (where IS_OPEN and IS_COUNTED) as double) as ANNUITY,
        cast(sum(OVERDUE) filter (where IS_COUNTED) as double) as OVERDUE,
        max(OVERDUE_MAX) filter (where IS_COUNTED) as OVERDUE_MAX
    from told
    group by SK_ID_CURR
)
select
    SK_ID_CURR,
    cast(ACTIVE as double) as BUREAU_ACTIVE,
    cast(CLOSED as double) as BUREAU_CLOSED,
    cast(CARDS as double) as BUREAU_CARDS,
    cast(OPENED_YEAR as double) as BUREAU_OPENED_YEAR,
    cast(LAST_OPENED as double) as BUREAU_LAST,
    cast(FIRST_OPENED as double) as BUREAU_FIRST,
    case when LAST_END < 0 then 0 else LAST_END end as BUREAU_ENDS,
    case when OPEN_CREDITS = 0 then 0 else DEBT end as BUREAU_DEBT,
    case when OPEN_CREDITS = 0 then cast(0 as double) else DEBT_PART end / nullif(DEBT_WHOLE, 0)
        as BUREAU_DEBT_SHARE,
    case when CARDS = 0 then cast(0 as double) else CARD_PART / nullif(CARD_WHOLE, 0) end as BUREAU_CARD_USE,
    case when OPEN_CREDITS = 0 then 0 else ANNUITY end as BUREAU_ANNUITY,
    OVERDUE as BUREAU_OVERDUE,
    cast(LATE_CREDITS as double) as BUREAU_OVERDUE_CREDITS,
    OVERDUE_MAX as BUREAU_OVERDUE_MAX,
    cast(PROLONGED as double) as BUREAU_PROLONGED,
    cast(LOST as double) as BUREAU_LOST
from summed
